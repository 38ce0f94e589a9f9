import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App, Aspects, Duration, RemovalPolicy, Size, Stack, Stage, Tags, type IAspect } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as signer from 'aws-cdk-lib/aws-signer';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  configOf, errorOf, expectInvalid, FUNCTION, LOG_GROUP, makeApp, makeStack, onlyResource, PERMISSION, POLICY, resourcesOf, ROLE, SCHEDULE,
  SECRET, statementsOf, warningsOf,
} from './fixture';
import { RotationFunction, type RotationFunctionProps } from '../src';

const CDK = dirname(require.resolve('aws-cdk-lib/package.json'));
const ROTATION_ACTIONS = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];
const KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** The props of the installed CDK, from its declarations. */
function optionsOfFunction(): string[] {
  const declarations = ['function', 'event-invoke-config'].map((file) => readFileSync(join(CDK, 'aws-lambda', 'lib', `${file}.d.ts`), 'utf8')).join('\n');
  return ['FunctionOptions', 'EventInvokeConfigOptions'].flatMap((name) => {
    const [, body] = new RegExp(`interface ${name}[^{]*{\\n([^]*?)\\n}\\n`).exec(declarations)!;
    return [...body.matchAll(/^ {4}readonly (\w+)\??:/gm)].map(([, property]) => property);
  });
}

/** The parts of a rotation, in the stack of a function and a secret with a key. */
function expectWholeRotation(stack: Stack): void {
  const [schedule] = resourcesOf(stack, SCHEDULE);
  const policies = resourcesOf(stack, POLICY).filter(({ properties }) => properties.PolicyDocument.Statement.some(({ Sid }: any) => Sid === 'RotateSecrets'));
  expect(policies).toHaveLength(1);
  const [permission] = resourcesOf(stack, PERMISSION).filter(({ properties }) => properties.Principal === 'secretsmanager.amazonaws.com');
  const fn = functionOf(stack);
  expect(schedule.properties).toEqual({
    SecretId: { Ref: onlyResource(stack, SECRET).id },
    RotationLambdaARN: { 'Fn::GetAtt': [fn.id, 'Arn'] },
    RotationRules: { ScheduleExpression: 'rate(30 days)' },
    RotateImmediatelyOnUpdate: false,
  });
  expect(schedule.dependsOn).toEqual(expect.arrayContaining([permission.id, policies[0].id]));
  const statements = statementsOf(stack);
  expect(statements).toContainEqual(expect.objectContaining({
    Action: ROTATION_ACTIONS, Condition: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': { 'Fn::GetAtt': [fn.id, 'Arn'] } } },
  }));
  expect(statements).toContainEqual(expect.objectContaining({ Action: KEY_ACTIONS }));
  expect(statements).toContainEqual(expect.objectContaining({ Action: 'secretsmanager:GetRandomPassword' }));
  expect(fn.properties.Handler).toBe('generated/index.handler');
  expect(JSON.parse(Object.entries<string>(fn.properties.Environment.Variables).find(([name]) => name.startsWith('ROTATION'))![1]).target).toBe('generated');
}

/** CDK's own functions are custom resources, without our configuration. */
function functionOf(stack: Stack) {
  const [fn, ...others] = resourcesOf(stack, FUNCTION).filter(({ properties }) => Object.keys(properties.Environment?.Variables ?? {}).some((name) => name.startsWith('ROTATION')));
  expect(others).toEqual([]);
  return fn;
}

interface Arrival {
  readonly props: (stack: Stack) => object;
  /** The expected properties of the function. */
  readonly fn?: Record<string, unknown>;
  /** Expected actions among those that the role is allowed, or in its managed policies. */
  readonly role?: string[];
  /** The expected resources in the template: a type and its properties. */
  readonly resource?: [string, Record<string, unknown>];
}

const ANY = expect.anything();
const vpcOf = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
const inVpc = (stack: Stack) => {
  const vpc = vpcOf(stack);
  vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
  return { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } };
};
const VPC_POLICY = 'service-role/AWSLambdaVPCAccessExecutionRole';
const lambdaRole = (stack: Stack, props?: Partial<iam.RoleProps>) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), ...props });
const layerOf = (stack: Stack) => lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:111111111111:layer:ours:1');

/** Every accepted prop of a function, and its effect. */
const TAKEN: Record<string, Arrival> = {
  description: { props: () => ({ description: 'Ours' }), fn: { Description: 'Ours' } },
  timeout: { props: () => ({ timeout: Duration.minutes(1) }), fn: { Timeout: 60 } },
  environment: { props: () => ({ environment: { STAGE: 'prod' } }), fn: { Environment: { Variables: expect.objectContaining({ STAGE: 'prod' }) } } },
  functionName: { props: () => ({ functionName: 'rotation' }), fn: { FunctionName: 'rotation' } },
  memorySize: { props: () => ({ memorySize: 512 }), fn: { MemorySize: 512 } },
  ephemeralStorageSize: { props: () => ({ ephemeralStorageSize: Size.gibibytes(1) }), fn: { EphemeralStorage: { Size: 1024 } } },
  initialPolicy: { props: () => ({ initialPolicy: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::ours/*'] })] }), role: ['s3:GetObject'] },
  role: { props: (stack) => ({ role: lambdaRole(stack, { path: '/platform/' }) }), resource: [ROLE, { Path: '/platform/' }] },
  vpc: { props: inVpc, fn: { VpcConfig: { SubnetIds: ANY, SecurityGroupIds: ANY } }, role: ['ec2:CreateNetworkInterface'] },
  vpcSubnets: { props: inVpc, fn: { VpcConfig: { SubnetIds: [ANY, ANY], SecurityGroupIds: ANY } } },
  securityGroups: {
    props: (stack) => {
      const options = inVpc(stack);
      return { ...options, securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1234')] };
    },
    fn: { VpcConfig: { SubnetIds: ANY, SecurityGroupIds: ['sg-1234'] } },
  },
  allowAllOutbound: {
    props: (stack) => ({ ...inVpc(stack), allowAllOutbound: false }),
    resource: ['AWS::EC2::SecurityGroup', { SecurityGroupEgress: [expect.objectContaining({ CidrIp: '255.255.255.255/32' })] }],
  },
  ipv6AllowedForDualStack: {
    props: (stack) => ({ ...inVpc(stack), ipv6AllowedForDualStack: true }),
    fn: { VpcConfig: expect.objectContaining({ Ipv6AllowedForDualStack: true }) },
  },
  allowAllIpv6Outbound: {
    props: (stack) => ({ ...inVpc(stack), allowAllIpv6Outbound: true }),
    resource: ['AWS::EC2::SecurityGroup', { SecurityGroupEgress: expect.arrayContaining([expect.objectContaining({ CidrIpv6: '::/0' })]) }],
  },
  allowPublicSubnet: {
    props: (stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 0 }), vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC }, allowPublicSubnet: true }),
    fn: { VpcConfig: ANY },
  },
  deadLetterQueueEnabled: { props: () => ({ deadLetterQueueEnabled: true }), fn: { DeadLetterConfig: { TargetArn: ANY } }, role: ['sqs:SendMessage'] },
  deadLetterQueue: { props: (stack) => ({ deadLetterQueue: new sqs.Queue(stack, 'Queue') }), fn: { DeadLetterConfig: { TargetArn: ANY } }, role: ['sqs:SendMessage'] },
  deadLetterTopic: { props: (stack) => ({ deadLetterTopic: new sns.Topic(stack, 'Topic') }), fn: { DeadLetterConfig: { TargetArn: ANY } }, role: ['sns:Publish'] },
  tracing: { props: () => ({ tracing: lambda.Tracing.ACTIVE }), fn: { TracingConfig: { Mode: 'Active' } }, role: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'] },
  insightsVersion: {
    props: () => ({ insightsVersion: lambda.LambdaInsightsVersion.fromInsightVersionArn('arn:aws:lambda:eu-west-1:580247275435:layer:Insights-Arm64:5') }),
    fn: { Layers: [ANY] },
    role: ['CloudWatchLambdaInsightsExecutionRolePolicy'],
  },
  adotInstrumentation: {
    props: () => ({
      adotInstrumentation: {
        layerVersion: lambda.AdotLayerVersion.fromJavaScriptSdkLayerVersion(lambda.AdotLambdaLayerJavaScriptSdkVersion.LATEST),
        execWrapper: lambda.AdotLambdaExecWrapper.REGULAR_HANDLER,
      },
    }),
    fn: { Layers: [ANY], Environment: { Variables: expect.objectContaining({ AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' }) } },
  },
  paramsAndSecrets: {
    props: () => ({ paramsAndSecrets: lambda.ParamsAndSecretsLayerVersion.fromVersion(lambda.ParamsAndSecretsVersions.V1_0_103) }),
    fn: { Layers: [ANY] },
  },
  layers: { props: (stack) => ({ layers: [layerOf(stack)] }), fn: { Layers: ['arn:aws:lambda:eu-west-1:111111111111:layer:ours:1'] } },
  reservedConcurrentExecutions: { props: () => ({ reservedConcurrentExecutions: 5 }), fn: { ReservedConcurrentExecutions: 5 } },
  events: {
    props: (stack) => ({ events: [new SqsEventSource(new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.minutes(2) }))] }),
    resource: ['AWS::Lambda::EventSourceMapping', { EventSourceArn: ANY }],
    role: ['sqs:ReceiveMessage'],
  },
  currentVersionOptions: { props: () => ({ currentVersionOptions: { description: 'ours' } }), fn: {} },
  filesystem: {
    props: (stack) => {
      const { vpc, vpcSubnets } = inVpc(stack);
      const fileSystem = new efs.FileSystem(stack, 'Files', { vpc, vpcSubnets });
      return { vpc, vpcSubnets, filesystem: lambda.FileSystem.fromEfsAccessPoint(fileSystem.addAccessPoint('Point'), '/mnt/files') };
    },
    fn: { FileSystemConfigs: [expect.objectContaining({ LocalMountPath: '/mnt/files' })] },
    role: ['elasticfilesystem:ClientMount'],
  },
  // Lambda creates the grant on the key itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
  environmentEncryption: { props: (stack) => ({ environmentEncryption: new kms.Key(stack, 'EnvironmentKey') }), fn: { KmsKeyArn: ANY } },
  codeSigningConfig: {
    props: (stack) => ({
      codeSigningConfig: new lambda.CodeSigningConfig(stack, 'Signing', {
        signingProfiles: [new signer.SigningProfile(stack, 'Profile', { platform: signer.Platform.AWS_LAMBDA_SHA384_ECDSA })],
      }),
    }),
    fn: { CodeSigningConfigArn: ANY },
  },
  architecture: { props: () => ({ architecture: lambda.Architecture.X86_64 }), fn: { Architectures: ['x86_64'] } },
  runtime: { props: () => ({ runtime: lambda.Runtime.NODEJS_20_X }), fn: { Runtime: 'nodejs20.x' } },
  runtimeManagementMode: {
    props: () => ({ runtimeManagementMode: lambda.RuntimeManagementMode.FUNCTION_UPDATE }),
    fn: { RuntimeManagementConfig: { UpdateRuntimeOn: 'FunctionUpdate' } },
  },
  logGroup: {
    props: (stack) => ({ logGroup: new logs.LogGroup(stack, 'Logs', { retention: logs.RetentionDays.ONE_YEAR, encryptionKey: new kms.Key(stack, 'LogKey') }) }),
    fn: { LoggingConfig: { LogFormat: 'JSON', LogGroup: ANY } },
    resource: [LOG_GROUP, { RetentionInDays: 365, KmsKeyId: ANY }],
  },
  logFormat: { props: () => ({ logFormat: lambda.LogFormat.TEXT }), fn: { LoggingConfig: expect.objectContaining({ LogFormat: 'Text' }) } },
  loggingFormat: { props: () => ({ loggingFormat: lambda.LoggingFormat.TEXT }), fn: { LoggingConfig: expect.objectContaining({ LogFormat: 'Text' }) } },
  applicationLogLevel: { props: () => ({ applicationLogLevel: 'WARN' }), fn: { LoggingConfig: expect.objectContaining({ ApplicationLogLevel: 'WARN' }) } },
  systemLogLevel: { props: () => ({ systemLogLevel: 'WARN' }), fn: { LoggingConfig: expect.objectContaining({ SystemLogLevel: 'WARN' }) } },
  applicationLogLevelV2: { props: () => ({ applicationLogLevelV2: 'WARN' }), fn: { LoggingConfig: expect.objectContaining({ ApplicationLogLevel: 'WARN' }) } },
  systemLogLevelV2: { props: () => ({ systemLogLevelV2: 'WARN' }), fn: { LoggingConfig: expect.objectContaining({ SystemLogLevel: 'WARN' }) } },
  recursiveLoop: { props: () => ({ recursiveLoop: 'Allow' }), fn: { RecursiveLoop: 'Allow' } },
  onFailure: {
    props: (stack) => ({ onFailure: new SqsDestination(new sqs.Queue(stack, 'Queue')) }),
    resource: ['AWS::Lambda::EventInvokeConfig', { DestinationConfig: { OnFailure: ANY } }],
    role: ['sqs:SendMessage'],
  },
  onSuccess: {
    props: (stack) => ({ onSuccess: new SqsDestination(new sqs.Queue(stack, 'Queue')) }),
    resource: ['AWS::Lambda::EventInvokeConfig', { DestinationConfig: { OnSuccess: ANY } }],
    role: ['sqs:SendMessage'],
  },
  maxEventAge: { props: () => ({ maxEventAge: Duration.hours(1) }), resource: ['AWS::Lambda::EventInvokeConfig', { MaximumEventAgeInSeconds: 3600 }] },
  retryAttempts: { props: () => ({ retryAttempts: 0 }), resource: ['AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 }] },
};

/** Every prop that this package refuses. */
const REFUSED: Record<string, [unknown, ...string[]]> = {
  logRetention: [logs.RetentionDays.ONE_WEEK, 'custom resource', 'Give a logGroup'],
  logRetentionRole: [{}, 'goes with logRetention', 'Give a logGroup'],
  logRetentionRetryOptions: [{ maxRetries: 1 }, 'goes with logRetention', 'Give a logGroup'],
  logRemovalPolicy: [RemovalPolicy.DESTROY, 'Give a logGroup with the removal policy'],
  tenancyConfig: [{}, 'requires a tenant id', 'Leave it out'],
  durableConfig: [{}, 'no durable function', 'Leave it out'],
};

/** Every prop that CDK itself refuses for Node.js functions. */
const REFUSED_BY_CDK: Record<string, [(stack: Stack) => object, RegExp]> = {
  snapStart: [() => ({ snapStart: lambda.SnapStartConf.ON_PUBLISHED_VERSIONS }), /SnapStart/i],
  profiling: [() => ({ profiling: true }), /profiling/i],
  profilingGroup: [() => ({ profilingGroup: {} }), /profiling/i],
};

const OPTIONS = optionsOfFunction();

test('every prop of a function is either accepted or refused', () => {
  expect(OPTIONS.length).toBeGreaterThan(40);
  const decided = [TAKEN, REFUSED, REFUSED_BY_CDK].flatMap((table) => Object.keys(table));
  expect(OPTIONS.filter((property) => !decided.includes(property))).toEqual([]);
  expect(new Set(decided).size).toBe(decided.length);
});

function build(props: (stack: Stack) => object): Stack {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', props(stack) as RotationFunctionProps).rotate(new Secret(stack, 'Secret', { encryptionKey: new kms.Key(stack, 'SecretKey') }));
  return stack;
}

/** The permissions of the function's role: actions, and the names of managed policies. */
function permissionsOf(stack: Stack): string {
  const { Role: { 'Fn::GetAtt': [roleId] } } = functionOf(stack).properties;
  const policies = resourcesOf(stack, POLICY).filter(({ properties }) => JSON.stringify(properties.Roles).includes(roleId));
  return JSON.stringify([policies, resourcesOf(stack, ROLE).filter(({ id }) => id === roleId)]);
}

describe('accepts, with the rotation intact:', () => {
  const taken = Object.entries(TAKEN).filter(([property]) => OPTIONS.includes(property) || property === 'runtime');

  test.each(taken)('%s', (_, { props, fn = {}, role = [], resource }) => {
    const stack = build(props);
    (stack.node.root as App).synth();
    expectWholeRotation(stack);
    expect(functionOf(stack).properties).toMatchObject(fn);
    for (const permission of role) { expect(permissionsOf(stack)).toContain(permission); }
    if (resource) {
      const [type, properties] = resource;
      expect(resourcesOf(stack, type).map((found) => found.properties)).toContainEqual(expect.objectContaining(properties));
    }
  });

  test('adds nothing to the template for a prop that isn\'t given', () => {
    const stack = build(() => ({}));
    const ours = new Set(['Description', 'Timeout', 'Environment', 'MemorySize', 'Architectures', 'Runtime', 'LoggingConfig']);
    const others = taken.flatMap(([, { fn = {} }]) => Object.keys(fn)).filter((name) => !ours.has(name));
    expect(Object.keys(functionOf(stack).properties).filter((name) => others.includes(name))).toEqual([]);
  });

  test('accepts all that can be combined, together', () => {
    const alone = [
      'role', 'vpc', 'securityGroups', 'allowPublicSubnet', 'vpcSubnets', 'allowAllOutbound', 'allowAllIpv6Outbound', 'ipv6AllowedForDualStack', 'deadLetterQueueEnabled', 'deadLetterTopic',
      'onSuccess', 'deadLetterQueue', 'runtime', 'architecture', 'logFormat', 'loggingFormat', 'events', 'applicationLogLevelV2', 'systemLogLevelV2',
      'environment', 'initialPolicy', 'paramsAndSecrets', 'adotInstrumentation', 'layers',
    ];
    const together = taken.filter(([property]) => !alone.includes(property));
    const stack = build((scope) => Object.assign({}, ...together.map(([, { props }]) => props(scope))));
    (stack.node.root as App).synth();
    expectWholeRotation(stack);
  });
});

describe('refuses, with the reason:', () => {
  test.each(Object.entries(REFUSED))('%s', (property, [value, ...parts]) => {
    expectInvalid(() => build(() => ({ [property]: value })), property, ...parts);
  });

  test.each(Object.entries(REFUSED_BY_CDK))('%s, by CDK', (_, [props, message]) => {
    expect(errorOf(() => build(props)).message).toMatch(message);
  });
});

describe('a platform\'s rules', () => {
  test('a permissions boundary for the app is on the role, and on every other', () => {
    const stack = build(() => ({}));
    iam.PermissionsBoundary.of(stack.node.root).apply(iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary'));
    expect(JSON.stringify(onlyResource(stack, ROLE).properties.PermissionsBoundary)).toContain(':policy/boundary');
    expectWholeRotation(stack);
  });

  test('a given role with a boundary, a path and a name gets the permissions', () => {
    const stack = build((scope) => ({
      role: lambdaRole(scope, { path: '/platform/', roleName: 'rotation', permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(scope, 'Boundary', 'boundary') }),
    }));
    expect(onlyResource(stack, ROLE).properties).toMatchObject({ Path: '/platform/', RoleName: 'rotation', PermissionsBoundary: ANY });
    expectWholeRotation(stack);
  });

  test('an aspect may give the role a path', () => {
    const stack = build(() => ({}));
    const aspect: IAspect = { visit: (construct) => { if (construct instanceof iam.CfnRole) { construct.path = '/platform/'; } } };
    Aspects.of(stack.node.root).add(aspect);
    expect(onlyResource(stack, ROLE).properties.Path).toBe('/platform/');
    expectWholeRotation(stack);
  });

  test('tags are on every resource that can have tags', () => {
    const stack = build(() => ({}));
    Tags.of(stack.node.root).add('owner', 'platform');
    for (const type of [FUNCTION, ROLE, LOG_GROUP, SECRET]) { expect(onlyResource(stack, type).properties.Tags).toContainEqual({ Key: 'owner', Value: 'platform' }); }
    expectWholeRotation(stack);
  });

  test('the invoke permission has the account as text if it is known, as Control Tower\'s rule requires', () => {
    const stack = new Stack(makeApp(), 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    new RotationFunction(stack, 'Rotation');
    expect(onlyResource(stack, PERMISSION).properties).toMatchObject({ Principal: 'secretsmanager.amazonaws.com', SourceAccount: '111111111111' });
    expect(configOf(stack)).toMatchObject({ target: 'generated' });
  });
});

describe('a configuration of code signing', () => {
  const withSigning = (untrustedArtifactOnDeployment?: lambda.UntrustedArtifactOnDeployment) => build((stack) => ({
    codeSigningConfig: new lambda.CodeSigningConfig(stack, 'Signing', {
      untrustedArtifactOnDeployment, signingProfiles: [new signer.SigningProfile(stack, 'Profile', { platform: signer.Platform.AWS_LAMBDA_SHA384_ECDSA })],
    }),
  }));

  test('gets a warning if it enforces signatures, because CDK signs nothing', () => {
    const [warning, ...others] = warningsOf(withSigning(lambda.UntrustedArtifactOnDeployment.ENFORCE));
    expect(others).toEqual([]);
    for (const part of ['codeSigningConfig: Stack/Signing', 'unsigned', 'UntrustedArtifactOnDeployment.WARN', 'unsignedCode']) { expect(warning).toContain(part); }
  });

  test('gets no warning if it only warns', () => {
    expect(warningsOf(withSigning())).toEqual([]);
    expect(warningsOf(withSigning(lambda.UntrustedArtifactOnDeployment.WARN))).toEqual([]);
  });

  test('gets no warning if it is of another app and not known', () => {
    const stack = build((scope) => ({ codeSigningConfig: lambda.CodeSigningConfig.fromCodeSigningConfigArn(scope, 'Signing', 'arn:aws:lambda:eu-west-1:111111111111:code-signing-config:csc-1') }));
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('a given role', () => {
  const LOGS = 'roleWithoutLogs';
  const NETWORK = 'roleWithoutNetwork';
  const managed = (...names: string[]) => ({ managedPolicies: names.map((name) => iam.ManagedPolicy.fromAwsManagedPolicyName(name)) });
  const statement = (...actions: string[]) => new iam.PolicyStatement({ actions, resources: ['*'] });
  const inline = (...actions: string[]) => ({ inlinePolicies: { Ours: new iam.PolicyDocument({ statements: [statement(...actions)] }) } });
  const warnings = (props: Partial<iam.RoleProps>, more: (role: iam.Role, stack: Stack) => object = () => ({})) => {
    const stack = build((scope) => {
      const role = lambdaRole(scope, props);
      return { role, ...more(role, scope) };
    });
    return warningsOf(stack).map((warning) => /cdk-rotating-secret:(\w+)/.exec(warning)![1]).sort();
  };

  test('gets a warning if it can\'t log, with what it needs: CDK gives these permissions only to roles that it makes', () => {
    const stack = build((scope) => ({ role: lambdaRole(scope) }));
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of ['role: Stack/Role', 'logs:CreateLogStream and logs:PutLogEvents', 'logGroup.grantWrite(role)', LOGS]) { expect(warning).toContain(part); }
  });

  test('gets no warning if a condition decides its permissions, or if it has an empty policy: only CloudFormation knows', () => {
    const policy = (role: iam.Role, stack: Stack, policyDocument: unknown) => {
      new iam.CfnPolicy(stack, 'Conditional', { policyName: 'conditional', policyDocument, roles: [role.roleName] });
      return {};
    };
    const action = { 'Fn::If': ['Strict', 'logs:PutLogEvents', 'logs:*'] };
    expect(warnings({}, (role, stack) => policy(role, stack, { Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] }))).toEqual([]);
    expect(warnings({}, (role, stack) => policy(role, stack, {}))).toEqual([LOGS]);
  });

  test('of one stage is independent of that of another, with a stack of the same name', () => {
    const app = makeApp();
    const [prod, beta] = ['Prod', 'Beta'].map((id) => new Stack(new Stage(app, id), 'Stack', { stackName: 'one' }));
    for (const stack of [prod, beta]) {
      const role = lambdaRole(stack, {});
      if (stack === prod) { role.addToPolicy(statement('logs:*')); }
      new RotationFunction(stack, 'Rotation', { role });
    }
    app.synth();
    expect([prod, beta].map((stack) => warningsOf(stack).length)).toEqual([0, 1]);
  });

  test('gets a warning if it lacks permissions for a VPC', () => {
    const stack = build((scope) => ({ role: lambdaRole(scope, inline('logs:*')), ...inVpc(scope) }));
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of ['role: Stack/Role', VPC_POLICY, NETWORK]) { expect(warning).toContain(part); }
  });

  test('gets both warnings if it lacks both', () => {
    expect(warnings({}, (_, stack) => inVpc(stack))).toEqual([LOGS, NETWORK]);
  });

  test.each<[string, Partial<iam.RoleProps>, string[]]>([
    ['a managed policy with them', managed('service-role/AWSLambdaBasicExecutionRole'), []],
    ['a managed policy that isn\'t known here', managed('CloudWatchFullAccess'), []],
    ['a managed policy that certainly lacks them', managed('AWSXRayDaemonWriteAccess'), [LOGS]],
    ['an inline policy with them', inline('logs:CreateLogStream', 'logs:PutLogEvents'), []],
    ['an inline policy with a wildcard', inline('logs:Put*'), []],
    ['an inline policy with everything', inline('*'), []],
    ['an inline policy with something else', inline('logs:CreateLogStream', 's3:*'), [LOGS]],
  ])('is checked with %s', (_, props, expected) => {
    expect(warnings(props)).toEqual(expected);
  });

  describe('gets no warning with a policy that CDK doesn\'t read:', () => {
    const warningsWith = (...actions: string[]) => warnings({}, (role, stack) => {
      const policyDocument = { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
      new iam.CfnPolicy(stack, 'Theirs', { policyName: 'theirs', policyDocument, roles: [role.roleName] });
      return {};
    });

    test.each<[string, string[], string[]]>([
      ['that fits, with any case', ['LOGS:*o?e*nts'], []],
      ['that is too long', ['logs:PutLogEvents?', '?*logs:PutLogEvents', 'logs:PutLogEvent', ''], [LOGS]],
      ['that would be no regular expression', ['logs:(', 'logs:[', 'logs:\\', 'logs:+Put'], [LOGS]],
      ['that would be another regular expression', ['logs:.*', 'logs:Put.ogEvents', 'logs:[A-Z]utLogEvents', 'logs:PutLogEvents|x'], [LOGS]],
    ])('%s', (_, actions, expected) => {
      expect(warningsWith(...actions)).toEqual(expected);
    });

    test('matches many asterisks quickly', () => {
      const started = process.hrtime.bigint();
      expect(warningsWith(`${'*'.repeat(200)}${'?*'.repeat(200)}x`)).toEqual([LOGS]);
      expect(Number(process.hrtime.bigint() - started) / 1e9).toBeLessThan(5);
    });
  });

  test('gets no warning with permissions from a grant, also a later one', () => {
    expect(warnings({}, (role, stack) => {
      const logGroup = new logs.LogGroup(stack, 'Logs');
      logGroup.grantWrite(role);
      return { logGroup };
    })).toEqual([]);
    const stack = makeStack();
    const role = lambdaRole(stack);
    new RotationFunction(stack, 'Rotation', { role });
    role.addToPolicy(statement('logs:PutLogEvents'));
    expect(warningsOf(stack)).toEqual([]);
  });

  test('gets no warning with permissions from a managed policy of the app', () => {
    const stack = makeStack();
    const role = lambdaRole(stack);
    new iam.ManagedPolicy(stack, 'Logs', { roles: [role], statements: [statement('logs:PutLogEvents')] });
    new RotationFunction(stack, 'Rotation', { role });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('gets no warning if it is of another app and not known, or if CDK makes it', () => {
    expect(warningsOf(build((scope) => ({ role: iam.Role.fromRoleName(scope, 'Theirs', 'rotation') })))).toEqual([]);
    expect(warningsOf(build(() => ({})))).toEqual([]);
    expect(warningsOf(build(inVpc))).toEqual([]);
  });
});
