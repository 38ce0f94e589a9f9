import { Stack } from 'aws-cdk-lib';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { makeApp, makeStack, onlyResource, resourcesOf } from './fixture';
import { RotatingSecret, Rotation, RotationFunction } from '../src';
import { ARN, casesOf, METHODS, WAYS } from '../tools/events/cases';

const RULE = 'AWS::Events::Rule';

describe.each(Object.keys(WAYS))('the rules of %s', (way) => {
  const cases = casesOf(way);

  test('are one for each event of this secret alone, in the format of CloudTrail', () => {
    expect(cases.map(({ pattern }) => pattern)).toEqual(Object.keys(METHODS).map((eventName) => ({
      'source': ['aws.secretsmanager'],
      'detail-type': ['AWS Service Event via CloudTrail'],
      'detail': {
        eventSource: ['secretsmanager.amazonaws.com'],
        eventName: [eventName],
        additionalEventData: { SecretId: [WAYS[way].isCertain ? ARN : { prefix: ARN.slice(0, -6) }] },
      },
    })));
  });
});

describe('a rule', () => {
  test('has the given target, name and description, and no target by default', () => {
    const stack = makeStack();
    const secret = new RotatingSecret(stack, 'Secret');
    secret.rotation.onRotationSucceeded('Quiet');
    secret.rotation.onRotationFailed('Loud', { target: new targets.SnsTopic(new sns.Topic(stack, 'Topic')), ruleName: 'rotation-failed', description: 'Ours' });
    const [quiet, loud] = resourcesOf(stack, RULE).map(({ properties }) => properties).sort((one) => one.Name ? 1 : -1);
    const [topic] = resourcesOf(stack, 'AWS::SNS::Topic');
    expect(quiet).toEqual({ EventPattern: expect.any(Object), State: 'ENABLED' });
    expect(loud).toMatchObject({ Name: 'rotation-failed', Description: 'Ours', Targets: [{ Arn: { Ref: topic.id } }] });
  });

  test('accepts a further pattern, which narrows it', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { secretName: 'x' }).rotation.onRotationFailed('Failed', { eventPattern: { region: ['eu-west-1'] } });
    expect(onlyResource(stack, RULE).properties.EventPattern).toMatchObject({ region: ['eu-west-1'], detail: { eventName: ['RotationFailed'] } });
  });

  test('is below the secret', () => {
    const secret = new RotatingSecret(makeStack(), 'Secret');
    expect(secret.rotation.onRotationAbandoned('Abandoned').node.path).toBe('Stack/Secret/Abandoned');
  });

  test('is small enough for EventBridge, with the longest name that a secret can have', () => {
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    const stack = makeStack();
    const arn = `arn:aws-us-gov:secretsmanager:us-gov-west-1:111111111111:secret:${'x'.repeat(512)}-AbCdEf`;
    new RotationFunction(stack, 'Rotation').rotate(Secret.fromSecretCompleteArn(stack, 'Secret', arn)).onRotationAbandoned('Abandoned');
    expect(JSON.stringify(onlyResource(stack, RULE).properties.EventPattern).length).toBeLessThan(2048);
  });
});

describe('without a request', () => {
  test('there is no rule, no alarm and no configuration', () => {
    const app = makeApp();
    const functions = new Stack(app, 'Functions');
    const secrets = new Stack(app, 'Secrets');
    const rotation = new RotationFunction(functions, 'Rotation').rotate(new Secret(secrets, 'Secret'));
    expect(rotation).toBeInstanceOf(Rotation);
    expect([functions, secrets].flatMap((stack) => resourcesOf(stack)).map(({ type }) => type).sort()).toEqual([
      'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Lambda::Permission', 'AWS::Logs::LogGroup',
      'AWS::SecretsManager::RotationSchedule', 'AWS::SecretsManager::Secret',
    ]);
  });
});
