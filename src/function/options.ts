import { RemovalPolicy, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { invalid } from '../invalid';
import { checkUnsupported } from './unsupported-options';

const DEFAULT_RUNTIME = new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS, { supportsInlineCode: true });
const MIN_NODEJS = 20;

/** What the functions of this package take besides. */
export interface FunctionOptions extends lambda.FunctionOptions {
  readonly runtime?: lambda.Runtime;
}

/** Throws where the handlers of this package couldn't run so. */
export function checkFunctionOptions(options: FunctionOptions): void {
  checkUnsupported(options);
  const { runtime } = options;
  const version = Number(/^nodejs(\d+)\.x$/.exec(runtime?.name ?? DEFAULT_RUNTIME.name)?.[1] ?? 0);
  if (runtime && !Token.isUnresolved(runtime.name) && version < MIN_NODEJS) {
    throw invalid('runtime', `is ${runtime.name}, and the handler needs nodejs${MIN_NODEJS}.x or later`);
  }
}

/** What the functions of this package have unless told otherwise. Makes the log group and the role where none is given. */
export function completeFunctionOptions(scope: Construct, id: string, props: FunctionOptions) {
  // Later versions of CDK type the prop more widely, and refuse anything but an ILogGroup when they run.
  const logGroup = props.logGroup as logs.ILogGroup | undefined ?? new logs.LogGroup(scope, `${id}LogGroup`, {
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return {
    architecture: props.architecture ?? lambda.Architecture.ARM_64,
    runtime: props.runtime ?? DEFAULT_RUNTIME,
    memorySize: props.memorySize ?? 256,
    loggingFormat: props.loggingFormat ?? (props.logFormat === undefined ? lambda.LoggingFormat.JSON : undefined),
    role: props.role ?? makeRole(scope, `${id}Role`, logGroup, props.vpc !== undefined),
    logGroup,
  };
}

/**
 * What a function in a VPC needs, without the logs of AWS's managed policy. None of the actions can be limited to a resource that is known
 * before Lambda makes the network interface.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** A role that may write to its own log group and, in a VPC, have network interfaces: AWS's managed policies may write to all log groups. */
function makeRole(scope: Construct, id: string, logGroup: logs.ILogGroup, inVpc: boolean): iam.Role {
  return new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      Logs: new iam.PolicyDocument({
        statements: [new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] })],
      }),
      ...inVpc ? { Network: new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: NETWORK_ACTIONS, resources: ['*'] })] }) } : {},
    },
  });
}
