import { RemovalPolicy, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { invalid } from '../invalid';
import { checkUnsupported } from './unsupported-options';

const DEFAULT_RUNTIME = new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS, { supportsInlineCode: true });
const MIN_NODEJS = 20;

/** Options that all functions of this package take. */
export interface FunctionOptions extends lambda.FunctionOptions {
  readonly runtime?: lambda.Runtime;
}

/** Throws if the handlers of this package can't run with these options. */
export function checkFunctionOptions(options: FunctionOptions): void {
  checkUnsupported(options);
  const { runtime } = options;
  const version = Number(/^nodejs(\d+)\.x$/.exec(runtime?.name ?? DEFAULT_RUNTIME.name)?.[1] ?? 0);
  if (runtime && !Token.isUnresolved(runtime.name) && version < MIN_NODEJS) {
    throw invalid('runtime', `is ${runtime.name}, and the handler needs nodejs${MIN_NODEJS}.x or later`);
  }
}

/** Fills in the defaults of the functions of this package. Makes the log group and the role if none is given. */
export function completeFunctionOptions(scope: Construct, id: string, props: FunctionOptions) {
  // Later versions of CDK have a wider type for this prop, but refuse anything but an ILogGroup at run time.
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
 * What a function in a VPC needs, without the log permissions of AWS's managed policy. None of the actions can be limited to a resource that is
 * known before Lambda makes the network interface.
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

/** A role that may write to its own log group and, in a VPC, manage network interfaces. AWS's managed policies allow writing to all log groups. */
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
