/* The message at synthesis that rotations of a target met no real server, and the prop that hides it. */
import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { RotatingSecret, RotationFunction, RotationTarget } from '../../src';
import { hasOnlyStandIns } from '../../src/targets/definition';
import { allDefinitions } from '../docs/support';
import { expectInvalid, makeStack } from '../fixture';

const target = RotationTarget.elastiCacheUser({ userArn: 'arn:aws:elasticache:eu-west-1:111122223333:user:app' });
const generateSecretString = { secretStringTemplate: '{"username":"app"}' };
const MESSAGE = 'target: is RotationTarget.elastiCacheUser. Tests run on stand-ins only: an API of our own over Valkey 8. No rotation has run on Amazon ElastiCache yet. '
  + 'Rotate a secret that nobody depends on first. To hide this message, set acknowledgeStandIns to true where the target is given. docs/support.md has what was tried, by target';

const infosOf = (stack: Stack) => Annotations.fromStack(stack).findInfo('*', Match.anyValue()).map(({ id, entry }) => [id, entry.data]);

test('a function says that its target has met stand-ins only, as information and not as a warning', () => {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', { target });
  expect(infosOf(stack)).toEqual([['/Stack/Rotation', MESSAGE]]);
  expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('stand-in'))).toEqual([]);
});

test('the function of a secret says so too', () => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', { generateSecretString, target });
  expect(infosOf(stack)).toEqual([['/Stack/Secret/RotationFunction', MESSAGE]]);
});

test('acknowledgeStandIns hides it, of a function and of a secret', () => {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', { target, acknowledgeStandIns: true });
  new RotatingSecret(stack, 'Secret', { generateSecretString, target, acknowledgeStandIns: true });
  expect(infosOf(stack)).toEqual([]);
});

test('a target that has met real servers, or has none, says nothing', () => {
  const stack = makeStack();
  new RotationFunction(stack, 'Generated');
  new RotationFunction(stack, 'Postgres', { target: RotationTarget.postgres() });
  expect(infosOf(stack)).toEqual([]);
});

test('these targets have met stand-ins only', () => {
  expect(allDefinitions().filter(({ support }) => hasOnlyStandIns(support)).map(({ factory }) => factory)).toEqual([
    ...['redshift', 'mongoDb', 'documentDb', 'oracle'].flatMap((name) => [`RotationTarget.${name}`, `RotationTarget.${name}`]),
    'RotationTarget.sqlServer', 'RotationTarget.elastiCacheUser', 'RotationTarget.memoryDbUser', 'RotationTarget.iamAccessKey', 'RotationTarget.sesSmtp', 'RotationTarget.signingKeys',
  ]);
});

test('a secret of a shared function takes the prop from nobody else', () => {
  const stack = makeStack();
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target });
  expectInvalid(() => new RotatingSecret(stack, 'Secret', { generateSecretString, rotationFunction, acknowledgeStandIns: true }), 'acknowledgeStandIns');
});
