import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { FUNCTION, LOG_GROUP, makeApp, makeStack, PERMISSION, POLICY, resourcesOf, ROLE, SCHEDULE, SECRET } from './fixture';
import { RotatingSecret, RotationFunction } from '../src';

/** The limit of resources in a template. */
const LIMIT = 500;

/** The number of resources of each type in the template of a stack. */
function typesOf(stack: Stack): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of resourcesOf(stack)) { counts[type] = (counts[type] ?? 0) + 1; }
  return counts;
}

test('one RotatingSecret alone takes 7 resources', () => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', { generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'password' } });
  expect(typesOf(stack)).toEqual({ [SECRET]: 1, [SCHEDULE]: 1, [FUNCTION]: 1, [PERMISSION]: 1, [POLICY]: 1, [ROLE]: 1, [LOG_GROUP]: 1 });
});

test('a RotationFunction alone takes 5 resources, and one less for each given part', () => {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation');
  expect(typesOf(stack)).toEqual({ [FUNCTION]: 1, [PERMISSION]: 1, [POLICY]: 1, [ROLE]: 1, [LOG_GROUP]: 1 });
});

test('each further RotatingSecret with a shared function takes exactly 2: itself and its schedule', () => {
  const typesWith = (secrets: number) => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    for (let index = 0; index < secrets; index++) { new RotatingSecret(stack, `Secret${index}`, { rotationFunction }); }
    return typesOf(stack);
  };
  expect(typesWith(5)).toEqual({ ...typesWith(1), [SECRET]: 5, [SCHEDULE]: 5 });
});

test('an existing secret takes 1: its schedule', () => {
  const app = makeApp();
  const rotation = new RotationFunction(new Stack(app, 'Functions'), 'Rotation');
  const stack = new Stack(app, 'Secrets');
  rotation.rotate(secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'my-app/password'));
  expect(typesOf(stack)).toEqual({ [SCHEDULE]: 1 });
});

test('a customer managed key takes none in the stack of the function, and one policy in all in other stacks', () => {
  const app = makeApp();
  const functions = new Stack(app, 'Functions');
  const rotationFunction = new RotationFunction(functions, 'Rotation');
  const secrets = new Stack(app, 'Secrets');
  for (const stack of [functions, secrets]) {
    const encryptionKey = new kms.Key(stack, 'Key');
    for (const id of ['One', 'Two', 'Three']) { new RotatingSecret(stack, id, { rotationFunction, encryptionKey }); }
  }
  expect(typesOf(functions)).toMatchObject({ [SECRET]: 3, [SCHEDULE]: 3, [POLICY]: 1 });
  expect(typesOf(secrets)).toEqual({ 'AWS::KMS::Key': 1, [SECRET]: 3, [SCHEDULE]: 3, [POLICY]: 1 });
});

describe('249 secrets in one stack, with their function in another', () => {
  const app = makeApp();
  const functions = new Stack(app, 'Functions');
  const secrets = new Stack(app, 'Secrets');
  const rotationFunction = new RotationFunction(functions, 'Rotation');
  for (let index = 0; index < 249; index++) { new RotatingSecret(secrets, `Secret${index}`, { rotationFunction }); }
  const assembly = app.synth();

  test('fit into their stack', () => {
    expect(typesOf(secrets)).toEqual({ [SECRET]: 249, [SCHEDULE]: 249 });
    expect(resourcesOf(secrets).length).toBeLessThan(LIMIT);
  });

  test('add nothing to the function\'s stack after the first', () => {
    expect(typesOf(functions)).toEqual({ [FUNCTION]: 1, [PERMISSION]: 1, [POLICY]: 1, [ROLE]: 1, [LOG_GROUP]: 1 });
    expect(Object.keys(assembly.getStackByName('Functions').template.Outputs)).toHaveLength(1);
  });

  test('have one schedule each, with that function', () => {
    const schedules = resourcesOf(secrets, SCHEDULE).map(({ properties }) => properties);
    expect(new Set(schedules.map(({ SecretId }) => SecretId.Ref)).size).toBe(249);
    expect(new Set(schedules.map(({ RotationLambdaARN }) => JSON.stringify(RotationLambdaARN))).size).toBe(1);
  });

  test('depend on the function\'s stack, and not the reverse', () => {
    expect(assembly.getStackByName('Secrets').dependencies.map(({ id }) => id)).toContain('Functions');
    expect(assembly.getStackByName('Functions').dependencies.map(({ id }) => id)).not.toContain('Secrets');
  });
});
