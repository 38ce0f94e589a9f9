import { Duration, type Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ENV, errorOf, makeStack } from './fixture';
import { RotatingSecret, RotationFunction, RotationNotification, RotationStrategy, RotationTarget } from '../src';
import { invalid, naming } from '../src/invalid';

test('the error for a property has its own name, and begins with the property', () => {
  const error = invalid('window', 'is 25 hours');
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe('InvalidPropertyError: window: is 25 hours');
});

test.each<[string, (scope: Stack) => unknown, string]>([
  ['a secret', (scope) => new RotatingSecret(scope, 'Bad', { generateSecretString: { passwordLength: 0 } }), 'generateSecretString.passwordLength: '],
  ['a function', (scope) => new RotationFunction(scope, 'Bad', { timeout: Duration.seconds(1) }), 'timeout: '],
  ['the environment of a function', (scope) => new RotationFunction(scope, 'Bad', { environment: { LONG: 'x'.repeat(5000) } }), 'environment: '],
  ['a function, for its target', (scope) => new RotationFunction(scope, 'Bad', {
    target: RotationTarget.invoke(lambda.Function.fromFunctionArn(scope, 'Far', 'arn:aws:lambda:us-east-1:111111111111:function:far')),
  }), 'fn: '],
  ['a function, for its notification', (scope) => new RotationFunction(scope, 'Bad', {
    notification: RotationNotification.topic(sns.Topic.fromTopicArn(scope, 'Topic', 'arn:aws:sns:us-east-1:111111111111:topic')),
  }), 'topic: '],
  ['a function, for a secret that its target reads', (scope) => new RotationFunction(scope, 'Bad', {
    target: RotationTarget.postgres({
      strategy: RotationStrategy.alternatingUsers(Secret.fromSecretCompleteArn(scope, 'Superuser', 'arn:aws:secretsmanager:us-east-1:111111111111:secret:root-AbCdEf')),
    }),
  }), 'superuserSecret: '],
  ['the alarms of a function', (scope) => new RotationFunction(scope, 'Bad', { rotationMetrics: true }).addRotationAlarms({ durationPercent: 0 }), 'durationPercent: '],
])('the error for a property of %s has the path of the construct', (_, make, property) => {
  const { name, message, stack } = errorOf(() => make(makeStack({ env: ENV })));
  expect(name).toBe('InvalidPropertyError');
  expect(message.startsWith(property)).toBe(true);
  expect(message).toMatch(/\. The construct is Stack\/Bad$/);
  expect(stack).toContain('The construct is Stack/Bad');
});

test('an error without a property stays the same', () => {
  const error = new Error('Other');
  expect(errorOf(() => naming(makeStack(), 'Id', () => { throw error; }))).toBe(error);
});
