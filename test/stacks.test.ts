import { NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV, expectInvalid, makeApp, onlyResource, POLICY, resourcesOf, SCHEDULE, SECRET, statementsOf } from './fixture';
import { RotatingSecret, RotationFunction, RotationTarget } from '../src';
import { addressOf } from '../src/schedule/identity';

const CYCLE = /cyclic/i;
const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-AbCdEf';

/** The ids of the stacks that a stack depends on. */
const needs = (stack: Stack) => stack.dependencies.map(({ node }) => node.id).sort();

/** The actions on keys that the function's role gets in a stack. */
const keysOf = (stack: Stack) => statementsOf(stack).filter(({ Action }) => [Action].flat().includes('kms:Decrypt'));

function setUp() {
  const app = makeApp();
  const [functions, secrets] = [new Stack(app, 'Functions'), new Stack(app, 'Secrets')];
  return { app, functions, secrets, rotation: new RotationFunction(functions, 'Rotation') };
}

function secretWithKey(stack: Stack, rotationFunction: RotationFunction): RotatingSecret {
  return new RotatingSecret(stack, 'Secret', { rotationFunction, encryptionKey: new kms.Key(stack, 'Key') });
}

/** Makes the function's stack depend on that of the secret, as an environment variable or a grant does. */
function readSecret(rotation: RotationFunction, secret: secretsmanager.ISecret): void {
  rotation.addEnvironment('SECRET_ARN', secret.secretArn);
}

describe('a function in one stack, and a secret in another', () => {
  test('the secret\'s stack depends on the function\'s', () => {
    const { app, functions, secrets, rotation } = setUp();
    new RotatingSecret(secrets, 'Secret', { rotationFunction: rotation });
    app.synth();
    expect([needs(secrets), needs(functions)]).toEqual([['Functions'], []]);
    expect(resourcesOf(secrets, SCHEDULE)).toHaveLength(1);
  });

  test('the same, for a secret that CDK made', () => {
    const { app, functions, secrets, rotation } = setUp();
    rotation.rotate(new secretsmanager.Secret(secrets, 'Secret'));
    app.synth();
    expect([needs(secrets), needs(functions)]).toEqual([['Functions'], []]);
  });

  test('with CDK\'s own schedule, it is a cycle', () => {
    const { app, secrets, rotation } = setUp();
    new secretsmanager.Secret(secrets, 'Secret').addRotationSchedule('Schedule', { rotationLambda: rotation });
    expect(() => app.synth()).toThrow(CYCLE);
  });

  test('the same, for any number of stacks of secrets', () => {
    const { app, functions, rotation } = setUp();
    const stacks = Array.from({ length: 12 }, (_, index) => new Stack(app, `Secrets${index}`));
    for (const stack of stacks) { secretWithKey(stack, rotation); }
    app.synth();
    expect(needs(functions)).toEqual([]);
    expect(stacks.map((stack) => [needs(stack), resourcesOf(stack, SCHEDULE).length, keysOf(stack).length]))
      .toEqual(stacks.map(() => [['Functions'], 1, 1]));
  });

  test('the same, with secrets in the function\'s stack too', () => {
    const { app, functions, secrets, rotation } = setUp();
    for (const stack of [functions, secrets]) { secretWithKey(stack, rotation); }
    app.synth();
    expect([needs(secrets), needs(functions)]).toEqual([['Functions'], []]);
    expect([keysOf(secrets).length, keysOf(functions).length]).toEqual([1, 1]);
  });
});

describe('a function whose stack already depends on the secret\'s', () => {
  test('is a cycle if the schedule is with the secret', () => {
    const { app, secrets, rotation } = setUp();
    readSecret(rotation, new RotatingSecret(secrets, 'Secret', { rotationFunction: rotation }));
    expect(() => app.synth()).toThrow(CYCLE);
  });

  test.each<[string, (rotation: RotationFunction) => Construct]>([
    ['with the function', (rotation) => rotation],
    ['in the function\'s stack', (rotation) => Stack.of(rotation)],
  ])('is no cycle if scheduleScope puts the schedule %s', (_, scheduleScope) => {
    const { app, functions, secrets, rotation } = setUp();
    readSecret(rotation, new RotatingSecret(secrets, 'Secret', { rotationFunction: rotation, scheduleScope: scheduleScope(rotation) }));
    app.synth();
    expect([needs(secrets), needs(functions)]).toEqual([[], ['Secrets']]);
    expect([resourcesOf(secrets, SCHEDULE).length, resourcesOf(functions, SCHEDULE).length]).toEqual([0, 1]);
  });

  test('is no cycle with a customer managed key in the secret\'s stack: the function\'s permissions on it go with the schedule', () => {
    const { app, functions, secrets, rotation } = setUp();
    const secret = new secretsmanager.Secret(secrets, 'Secret', { encryptionKey: new kms.Key(secrets, 'Key') });
    readSecret(rotation, secret);
    rotation.rotate(secret, { scheduleScope: functions });
    app.synth();
    expect([needs(secrets), needs(functions)]).toEqual([[], ['Secrets']]);
    expect([keysOf(secrets).length, keysOf(functions).length]).toEqual([0, 1]);
    expect(resourcesOf(secrets, POLICY)).toEqual([]);
    expect(onlyResource(functions, SCHEDULE).dependsOn).toContain(onlyResource(functions, POLICY).id);
  });

  test('is no cycle with the schedule in a third stack, which depends on both', () => {
    const { app, functions, secrets, rotation } = setUp();
    const schedules = new Stack(app, 'Schedules');
    const secret = new secretsmanager.Secret(secrets, 'Secret', { encryptionKey: new kms.Key(secrets, 'Key') });
    readSecret(rotation, secret);
    rotation.rotate(secret, { scheduleScope: schedules });
    app.synth();
    expect([needs(secrets), needs(functions), needs(schedules)]).toEqual([[], ['Secrets'], ['Functions', 'Secrets']]);
    expect(keysOf(schedules)).toHaveLength(1);
  });

  test('accepts many secrets in one scope', () => {
    const { app, functions, secrets, rotation } = setUp();
    for (const id of ['One', 'Two']) {
      readSecret(rotation, new RotatingSecret(secrets, id, { rotationFunction: rotation, scheduleScope: functions }));
    }
    app.synth();
    const ids = resourcesOf(functions, SCHEDULE).map(({ properties }) => JSON.stringify(properties.SecretId));
    expect(new Set(ids).size).toBe(2);
    expect(resourcesOf(secrets, SECRET)).toHaveLength(2);
  });
});

describe('a customer managed key', () => {
  test('in the secret\'s stack', () => {
    const { app, functions, secrets, rotation } = setUp();
    secretWithKey(secrets, rotation);
    app.synth();
    expect([needs(secrets), needs(functions)]).toEqual([['Functions'], []]);
    expect(keysOf(secrets)).toHaveLength(1);
  });

  test('in the function\'s stack', () => {
    const { app, functions, secrets, rotation } = setUp();
    new RotatingSecret(secrets, 'Secret', { rotationFunction: rotation, encryptionKey: new kms.Key(functions, 'Key') });
    app.synth();
    expect([needs(secrets), needs(functions)]).toEqual([['Functions'], []]);
    expect(keysOf(secrets)).toHaveLength(1);
  });

  test('in a third stack', () => {
    const { app, functions, secrets, rotation } = setUp();
    const keys = new Stack(app, 'Keys');
    new RotatingSecret(secrets, 'Secret', { rotationFunction: rotation, encryptionKey: new kms.Key(keys, 'Key') });
    app.synth();
    expect([needs(secrets), needs(functions), needs(keys)]).toEqual([['Functions', 'Keys'], [], []]);
    expect(keysOf(secrets)).toHaveLength(1);
  });

  describe('in a third stack that already depends on the function\'s', () => {
    function withKey() {
      const { app, functions, secrets, rotation } = setUp();
      const keys = new Stack(app, 'Keys');
      const key = new kms.Key(keys, 'Key', { description: `used by ${rotation.functionName}` });
      return { app, functions, secrets, keys, rotation, key };
    }

    test('is a cycle if the function\'s role is granted the key', () => {
      const { app, rotation, key } = withKey();
      rotation.addToRolePolicy(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }));
      expect(() => app.synth()).toThrow(CYCLE);
    });

    test('is no cycle with a secret of another stack', () => {
      const { app, functions, secrets, keys, rotation, key } = withKey();
      new RotatingSecret(secrets, 'Secret', { rotationFunction: rotation, encryptionKey: key });
      app.synth();
      expect([needs(secrets), needs(functions), needs(keys)]).toEqual([['Functions', 'Keys'], [], ['Functions']]);
      expect(keysOf(secrets)).toHaveLength(1);
    });

    test('is no cycle with a secret that was imported beside the function, if scheduleScope is in the key\'s stack', () => {
      const build = (scoped: boolean) => {
        const { app, functions, keys, rotation, key } = withKey();
        const secret = secretsmanager.Secret.fromSecretAttributes(functions, 'Secret', { secretCompleteArn: ARN, encryptionKey: key });
        rotation.rotate(secret, scoped ? { scheduleScope: keys } : {});
        app.synth();
        return keysOf(keys).length;
      };
      expect(() => build(false)).toThrow(CYCLE);
      expect(build(true)).toBe(1);
    });
  });

  test('in a third stack, with secret and function in one', () => {
    const app = makeApp();
    const [keys, stack] = [new Stack(app, 'Keys'), new Stack(app, 'Stack')];
    new RotatingSecret(stack, 'Secret', { encryptionKey: new kms.Key(keys, 'Key') });
    app.synth();
    expect([needs(stack), needs(keys)]).toEqual([['Keys'], []]);
    expect(keysOf(stack)).toHaveLength(1);
  });
});

describe('nested stacks', () => {
  test('a secret in a nested stack, its function in the parent', () => {
    const { app, functions, rotation } = setUp();
    const nested = new NestedStack(functions, 'Nested');
    secretWithKey(nested, rotation);
    app.synth();
    expect(resourcesOf(nested, SCHEDULE)).toHaveLength(1);
    expect(keysOf(nested)).toHaveLength(1);
  });

  test('a function in a nested stack, its secret in the parent', () => {
    const app = makeApp();
    const parent = new Stack(app, 'Parent');
    const nested = new NestedStack(parent, 'Nested');
    const rotationFunction = new RotationFunction(nested, 'Rotation');
    new RotatingSecret(parent, 'Secret', { rotationFunction, encryptionKey: new kms.Key(parent, 'Key') });
    app.synth();
    const { dependsOn } = onlyResource(parent, SCHEDULE);
    expect(dependsOn).toContain(onlyResource(parent, 'AWS::CloudFormation::Stack').id);
    expect(dependsOn).toContain(onlyResource(parent, POLICY).id);
  });

  test('function and secret in two nested stacks', () => {
    const app = makeApp();
    const parent = new Stack(app, 'Parent');
    const [functions, secrets] = [new NestedStack(parent, 'Functions'), new NestedStack(parent, 'Secrets')];
    new RotatingSecret(secrets, 'Secret', { rotationFunction: new RotationFunction(functions, 'Rotation') });
    app.synth();
    const [first, second] = resourcesOf(parent, 'AWS::CloudFormation::Stack');
    expect([first.dependsOn, second.dependsOn]).toEqual([[], [first.id]]);
  });

  test('a function in a nested stack that depends on the secret of the parent, with scheduleScope', () => {
    const app = makeApp();
    const parent = new Stack(app, 'Parent');
    const nested = new NestedStack(parent, 'Nested');
    const rotation = new RotationFunction(nested, 'Rotation');
    const secret = new secretsmanager.Secret(parent, 'Secret', { encryptionKey: new kms.Key(parent, 'Key') });
    readSecret(rotation, secret);
    rotation.rotate(secret, { scheduleScope: nested });
    app.synth();
    expect([resourcesOf(parent, SCHEDULE).length, resourcesOf(nested, SCHEDULE).length]).toEqual([0, 1]);
    expect(keysOf(nested)).toHaveLength(1);
  });

  test('a RotatingSecret alone in a nested stack has a limited policy like any other', () => {
    const nested = new NestedStack(new Stack(makeApp(), 'Parent'), 'Nested');
    new RotatingSecret(nested, 'Secret');
    expect(statementsOf(nested).map(({ Resource }) => Resource)).toContainEqual({ Ref: onlyResource(nested, SECRET).id });
  });
});

test('one construct tree in two stages makes two of everything', () => {
  const app = makeApp();
  const stacks = ['Beta', 'Prod'].map((id) => {
    const stack = new Stack(new Stage(app, id, { env: ENV }), 'Stack');
    new RotatingSecret(stack, 'Secret', { secretName: 'my-app/custom-password' });
    return stack;
  });
  expect(stacks.map((stack) => resourcesOf(stack, SCHEDULE).length)).toEqual([1, 1]);
});

describe('a function in a stack with a known account and region, and a secret in one without', () => {
  const make = (functionName?: string) => {
    const app = makeApp();
    const rotation = new RotationFunction(new Stack(app, 'Functions', { env: ENV }), 'Rotation', { functionName });
    return { app, rotation, secrets: new Stack(app, 'Secrets') };
  };

  test('are refused with what to do', () => {
    const { rotation, secrets } = make();
    expectInvalid(() => rotation.rotate(new secretsmanager.Secret(secrets, 'Secret')), 'secret', 'the schedule of Secrets/Secret goes into the stack Secrets (no account given, no region given)',
      'Functions/Rotation is in Functions (account 111111111111, region eu-west-1)', 'Give both stacks the same env');
  });

  test('are accepted if the function has a name, by which CDK can refer to it', () => {
    const { app, rotation, secrets } = make('rotation');
    rotation.rotate(new secretsmanager.Secret(secrets, 'Secret'));
    expect(() => app.synth()).not.toThrow();
  });
});

describe('an app whose secrets, function and database are in different stacks', () => {
  /** Schedules in another scope than their secret, and an attachment in another stack. */
  function idsIn(scope: Construct): string[] {
    const [network, secrets, databases, functions] = ['Network', 'Secrets', 'Databases', 'Functions'].map((id) => new Stack(scope, id, { env: ENV, stackName: `my-${id}` }));
    const vpc = new ec2.Vpc(network, 'Vpc', { natGateways: 1, maxAzs: 2 });
    const rotationFunction = new RotationFunction(functions, 'Rotation', { target: RotationTarget.postgres(), vpc });
    const user = new RotatingSecret(secrets, 'User', { rotationFunction, generateSecretString: { secretStringTemplate: '{"username":"app"}' } });
    new rds.DatabaseInstance(databases, 'Database', {
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('16', '16') }), vpc, credentials: rds.Credentials.fromSecret(user),
    });
    const shared = new RotationFunction(functions, 'Shared');
    shared.rotate(new secretsmanager.Secret(secrets, 'Other'), { scheduleScope: functions });
    // The rule that lets a function into a database is CDK's, and so is its id.
    return [network, secrets, databases, functions].flatMap((stack) => resourcesOf(stack).filter(({ type }) => type !== 'AWS::EC2::SecurityGroupIngress')
      .map(({ id, type }) => `${stack.stackName} ${type} ${id}`)).sort();
  }

  test('keeps the logical ids of schedules and attachments if its stacks move into a Stage and keep their names', () => {
    const ids = idsIn(makeApp());
    expect(ids.filter((id) => /RotationSchedule.+RotationSchedulec8[0-9a-f]{40}/.test(id)).length).toBeGreaterThan(0);
    expect(ids.filter((id) => /Attachmentc8[0-9a-f]{40}/.test(id)).length).toBeGreaterThan(0);
    expect(idsIn(new Stage(makeApp(), 'Production', { env: ENV }))).toEqual(ids);
  });

  test('may import a secret into two stacks with the same name, in two regions', () => {
    const app = makeApp();
    const functions = new Stack(app, 'Functions', { env: ENV });
    const rotation = new RotationFunction(functions, 'Rotation');
    for (const [id, region, name] of [['A', ENV.region, 'a'], ['B', 'us-east-1', 'b']]) {
      const stack = new Stack(app, id, { env: { ...ENV, region }, stackName: 'app' });
      const secret = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Imported', ARN.replace('app-', `${name}-`));
      rotation.rotate(secret, { scheduleScope: functions });
    }
    expect(resourcesOf(functions, SCHEDULE)).toHaveLength(2);
  });

  test('has the addresses of its secrets in logical ids, if the name of a stack is its id', () => {
    const stack = new Stack(makeApp(), 'Stack');
    const secret = new secretsmanager.Secret(new Construct(stack, 'Part'), 'Secret');
    expect(addressOf(secret)).toBe(secret.node.addr);
    expect(addressOf(new secretsmanager.Secret(new NestedStack(stack, 'Nested'), 'Secret'))).toMatch(/^c8[0-9a-f]{40}$/);
  });
});
