import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { RotatingSecret, RotationFunction, RotationNotification, RotationTarget, type RotationFunctionProps } from '../../src';
import { CONFIG_VARIABLE } from '../../src/contract';
import { ENV, expectInvalid, FUNCTION, makeApp, makeStack, onlyResource, POLICY, resourcesOf, SCHEDULE, statementsOf, warningsOf } from '../fixture';

const BUS_ARN = `arn:aws:events:${ENV.region}:${ENV.account}:event-bus/rotations`;
const TOPIC_ARN = `arn:aws:sns:${ENV.region}:${ENV.account}:rotations`;

function rotationWith(notification: RotationNotification, stack: Stack, props: RotationFunctionProps = {}) {
  const rotation = new RotationFunction(stack, 'Rotation', { ...props, notification });
  new RotatingSecret(stack, 'Secret', { rotationFunction: rotation });
  return rotation;
}

/** The configuration of the stack's one function, with values known at deployment as JSON in JSON. */
function configOf(stack: Stack): Record<string, unknown> {
  const given = onlyResource(stack, FUNCTION).properties.Environment.Variables[CONFIG_VARIABLE];
  if (typeof given === 'string') { return JSON.parse(given); }
  const parts: unknown[] = given['Fn::Join'][1];
  return JSON.parse(parts.map((part) => typeof part === 'string' ? part : quoted(part)).join(''));
}

const quoted = (part: unknown) => JSON.stringify(part).replace(/"/g, '\'');
const sidsOf = (stack: Stack) => Object.fromEntries(
  statementsOf(stack).flatMap(({ Sid, ...statement }) => Sid === undefined ? [] : [[Sid, statement]]),
);

test('gives the handler the event bus, and permission to put events on it and on no other', () => {
  const stack = makeStack();
  const bus = new events.EventBus(stack, 'Bus');
  rotationWith(RotationNotification.eventBus(bus), stack);
  const arn = { 'Fn::GetAtt': [stack.getLogicalId(bus.node.defaultChild as events.CfnEventBus), 'Arn'] };
  expect(configOf(stack)).toEqual({ target: 'generated', eventBusArn: quoted(arn), passwordPolicy: {} });
  expect(sidsOf(stack).Notify).toEqual({ Effect: 'Allow', Action: 'events:PutEvents', Resource: arn });
});

test('gives the handler the topic, and permission to publish to it and to no other', () => {
  const stack = makeStack();
  const topic = new sns.Topic(stack, 'Topic');
  rotationWith(RotationNotification.topic(topic), stack);
  const arn = { Ref: stack.getLogicalId(topic.node.defaultChild as sns.CfnTopic) };
  expect(configOf(stack)).toEqual({ target: 'generated', topicArn: quoted(arn), passwordPolicy: {} });
  expect(sidsOf(stack)).toMatchObject({ Notify: { Effect: 'Allow', Action: 'sns:Publish', Resource: arn } });
  expect(Object.keys(sidsOf(stack))).not.toContain('UseKeyOfTopic');
});

test('gives the handler the ARN of an imported one', () => {
  const stack = makeStack();
  rotationWith(RotationNotification.eventBus(events.EventBus.fromEventBusArn(stack, 'Bus', BUS_ARN)), stack);
  expect(configOf(stack)).toMatchObject({ eventBusArn: BUS_ARN });
  expect(sidsOf(stack).Notify.Resource).toBe(BUS_ARN);
});

test('the schedule waits for the permission', () => {
  const stack = makeStack();
  rotationWith(RotationNotification.eventBus(events.EventBus.fromEventBusArn(stack, 'Bus', BUS_ARN)), stack);
  const [policy] = resourcesOf(stack, POLICY).filter(({ properties }) => JSON.stringify(properties).includes('events:PutEvents'));
  expect(onlyResource(stack, SCHEDULE).dependsOn).toContain(policy.id);
});

describe('the key of an encrypted topic', () => {
  test('may be used by the function, through SNS only, as secrets may have the same key', () => {
    const stack = makeStack();
    const masterKey = new kms.Key(stack, 'Key');
    rotationWith(RotationNotification.topic(new sns.Topic(stack, 'Topic', { masterKey })), stack);
    expect(sidsOf(stack).UseKeyOfTopic).toEqual({
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: { 'Fn::GetAtt': [stack.getLogicalId(masterKey.node.defaultChild as kms.CfnKey), 'Arn'] },
      Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['sns.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } } },
    });
  });

  test('needs no permission if AWS manages it', () => {
    const stack = makeStack();
    rotationWith(RotationNotification.topic(new sns.Topic(stack, 'Topic', { masterKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sns') })), stack);
    expect(Object.keys(sidsOf(stack))).toEqual(expect.not.arrayContaining(['UseKeyOfTopic']));
    expect(warningsOf(stack)).toEqual([]);
  });

  test('given as an alias of the app is used by its key or gets a warning, because IAM accepts no alias as a resource', () => {
    const stack = makeStack();
    const targetKey = new kms.Key(stack, 'Key');
    rotationWith(RotationNotification.topic(new sns.Topic(stack, 'Topic', { masterKey: new kms.Alias(stack, 'Alias', { aliasName: 'alias/mine', targetKey }) })), stack);
    // The lowest CDK knows of a topic only what CloudFormation gets, which is the alias.
    const used = sidsOf(stack).UseKeyOfTopic?.Resource;
    if (used) { expect(used).toEqual({ 'Fn::GetAtt': [stack.getLogicalId(targetKey.node.defaultChild as kms.CfnKey), 'Arn'] }); }
    expect(warningsOf(stack)).toEqual(used ? [] : [expect.stringContaining('keyOfTopic')]);
  });

  test('gets a warning if only its alias is known', () => {
    const stack = makeStack();
    rotationWith(RotationNotification.topic(new sns.Topic(stack, 'Topic', { masterKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/mine') })), stack);
    expect(Object.keys(sidsOf(stack))).toEqual(expect.not.arrayContaining(['UseKeyOfTopic']));
    expect(warningsOf(stack)).toEqual([expect.stringMatching(/^topic: Stack\/Topic is encrypted .*kms:GenerateDataKey and kms:Decrypt.*keyOfTopic/)]);
  });
});

test.each(['of the bus', 'of the function', 'of a third one'])('accepts a bus, a function and a secret of different stacks, with the secret in the stack %s', (where) => {
  const app = makeApp();
  const [theirs, ours, third] = ['Theirs', 'Ours', 'Third'].map((id) => new Stack(app, id, { env: ENV }));
  const bus = new events.EventBus(theirs, 'Bus');
  const rotation = new RotationFunction(ours, 'Rotation', { notification: RotationNotification.eventBus(bus) });
  new RotatingSecret({ 'of the bus': theirs, 'of the function': ours, 'of a third one': third }[where]!, 'Secret', { rotationFunction: rotation });
  const schedules = [theirs, ours, third].map((each) => Object.keys(Template.fromStack(each).findResources(SCHEDULE)).length);
  expect(schedules.reduce((a, b) => a + b)).toBe(1);
  expect(ours.dependencies).toContain(theirs);
  expect(statementsOf(ours).filter(({ Sid }) => Sid === 'Notify')).toHaveLength(1);
});

test.each<[string, (stack: Stack) => RotationNotification]>([
  ['eventBus', (stack) => RotationNotification.eventBus(events.EventBus.fromEventBusArn(stack, 'Imported', BUS_ARN))],
  ['topic', (stack) => RotationNotification.topic(sns.Topic.fromTopicArn(stack, 'Imported', TOPIC_ARN))],
])('refuses one of another region: %s', (parameter, make) => {
  const stack = makeStack({ env: { ...ENV, region: 'us-east-1' } });
  expectInvalid(() => rotationWith(make(stack), stack), parameter, 'Stack/Imported', 'eu-west-1', 'us-east-1', 'same region');
});

test('a role that can not be changed gets a warning with what it needs', () => {
  const stack = makeStack();
  const role = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ENV.account}:role/rotation`, { mutable: false });
  rotationWith(RotationNotification.eventBus(events.EventBus.fromEventBusArn(stack, 'Bus', BUS_ARN)), stack, { role });
  expect(warningsOf(stack).join()).toContain(`events:PutEvents on ${BUS_ARN} (Notify)`);
});

describe('in subnets without a way to the internet', () => {
  function vpcOf(stack: Stack): ec2.Vpc {
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
    return vpc;
  }
  const bus = (stack: Stack) => RotationNotification.eventBus(new events.EventBus(stack, 'Bus'));
  const topic = (stack: Stack) => RotationNotification.topic(new sns.Topic(stack, 'Topic'));

  test.each([
    ['EventBridge', 'EVENTBRIDGE', 'noRouteToEventBridge', bus], ['SNS', 'SNS', 'noRouteToSns', topic],
  ])('a missing endpoint for %s gets a warning', (title, constant, id, make) => {
    const stack = makeStack();
    rotationWith(make(stack), stack, { vpc: vpcOf(stack), vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    expect(warningsOf(stack)).toEqual([expect.stringMatching(
      new RegExp(`^vpcSubnets: .* no interface endpoint for ${title} is known.*InterfaceVpcEndpointAwsService\\.${constant} with addInterfaceEndpoint.*${id}`),
    )]);
  });

  test.each([['EventBridge', ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE, bus], ['SNS', ec2.InterfaceVpcEndpointAwsService.SNS, topic]])('an endpoint for %s is enough', (title, service, make) => {
    const stack = makeStack();
    const vpc = vpcOf(stack);
    vpc.addInterfaceEndpoint(title, { service });
    rotationWith(make(stack), stack, { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    expect(warningsOf(stack)).toEqual([]);
  });
});

test('a function without one is unchanged', () => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret');
  expect(configOf(stack)).toEqual({ target: 'generated', passwordPolicy: {} });
  expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/Notify|PutEvents|sns:/);
});

test('other targets have it too', () => {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres(), notification: RotationNotification.topic(sns.Topic.fromTopicArn(stack, 'Topic', TOPIC_ARN)) });
  expect(configOf(stack)).toMatchObject({ target: 'postgres', topicArn: TOPIC_ARN });
});
