import { App, CfnParameter, CustomResource, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction } from '../../src';
import { ENV, errorOf, expectInvalid, makeApp, makeStack, resourcesOf, SCHEDULE } from '../fixture';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-AbCdEf';
const OTHER_ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:other-AbCdEf';
const TWICE = ['has a rotation schedule already', 'only one', 'Rotate it in one place'];

const { fromSecretCompleteArn, fromSecretNameV2 } = secretsmanager.Secret;

function setUp() {
  const app = makeApp();
  const stack = new Stack(app, 'Stack');
  const rotation = new RotationFunction(stack, 'Rotation');
  const secret = new secretsmanager.Secret(stack, 'Secret');
  return { app, stack, rotation, secret };
}

const database: secretsmanager.ISecretAttachmentTarget = {
  asSecretAttachmentTarget: () => ({ targetId: 'database', targetType: secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE }),
};

describe('a second schedule of a secret is refused', () => {
  test('from the same function', () => {
    const { rotation, secret } = setUp();
    rotation.rotate(secret);
    expectInvalid(() => rotation.rotate(secret), 'secret', 'Stack/Secret', ...TWICE);
  });

  test('from another function', () => {
    const { stack, rotation, secret } = setUp();
    rotation.rotate(secret);
    expectInvalid(() => new RotationFunction(stack, 'Other').rotate(secret), 'secret', 'Stack/Secret', ...TWICE);
  });

  test('in another scope', () => {
    const { stack, rotation, secret } = setUp();
    rotation.rotate(secret);
    expectInvalid(() => rotation.rotate(secret, { scheduleScope: stack }), 'secret', 'Stack/Secret', ...TWICE);
  });

  test('after one in another scope', () => {
    const { stack, rotation, secret } = setUp();
    rotation.rotate(secret, { scheduleScope: stack });
    expectInvalid(() => rotation.rotate(secret), 'secret', 'Stack/Secret', ...TWICE);
  });

  test('of a RotatingSecret', () => {
    const { stack, rotation } = setUp();
    const secret = new RotatingSecret(stack, 'Rotating');
    expectInvalid(() => rotation.rotate(secret), 'secret', 'Stack/Rotating', ...TWICE);
  });

  test('after CDK\'s own addRotationSchedule, with its path', () => {
    const { rotation, secret } = setUp();
    secret.addRotationSchedule('Theirs', { rotationLambda: rotation });
    expectInvalid(() => rotation.rotate(secret), 'secret', 'Stack/Secret has', 'Stack/Secret/Theirs', ...TWICE);
  });

  test('after CDK\'s own addRotationSchedule, in another scope too', () => {
    const { stack, rotation, secret } = setUp();
    secret.addRotationSchedule('Theirs', { rotationLambda: rotation });
    expectInvalid(() => rotation.rotate(secret, { scheduleScope: stack }), 'secret', 'Stack/Secret/Theirs', ...TWICE);
  });

  test('before CDK\'s own addRotationSchedule, at synthesis', () => {
    const { app, rotation, secret } = setUp();
    rotation.rotate(secret);
    secret.addRotationSchedule('Theirs', { rotationLambda: rotation });
    const { message } = errorOf(() => app.synth());
    for (const part of ['Validation failed', 'secret: Stack/Secret', 'Stack/Secret/Theirs', ...TWICE]) { expect(message).toContain(part); }
  });

  test('before a schedule of CDK\'s own attachment, at synthesis', () => {
    const { app, stack, rotation } = setUp();
    const secret = new RotatingSecret(stack, 'Rotating');
    secret.attach(database).addRotationSchedule('Theirs', { rotationLambda: rotation });
    expect(errorOf(() => app.synth()).message).toContain('Stack/Rotating/Attachment/Theirs');
  });

  test('if the same ARN is imported twice', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(fromSecretCompleteArn(stack, 'First', ARN));
    expectInvalid(() => rotation.rotate(fromSecretCompleteArn(stack, 'Second', ARN)), 'secret', 'Stack/Second', 'Stack/First', ...TWICE);
  });

  test('if the same ARN is imported into two stacks', () => {
    const { app, stack, rotation } = setUp();
    rotation.rotate(fromSecretCompleteArn(stack, 'First', ARN));
    const other = new Stack(app, 'Other');
    expectInvalid(() => rotation.rotate(fromSecretCompleteArn(other, 'Second', ARN)), 'secret', 'Other/Second', 'Stack/First', ...TWICE);
  });
});

describe('one schedule each is accepted', () => {
  test('for two secrets', () => {
    const { stack, rotation, secret } = setUp();
    rotation.rotate(secret);
    rotation.rotate(new secretsmanager.Secret(stack, 'Other'));
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
  });

  test('for ours, with any CDK schedules of another secret', () => {
    const { app, stack, rotation, secret } = setUp();
    for (const id of ['One', 'Two']) { secret.addRotationSchedule(id, { rotationLambda: rotation }); }
    rotation.rotate(new secretsmanager.Secret(stack, 'Other'));
    app.synth();
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(3);
  });

  test('for two secrets whose schedules are in one scope', () => {
    const { stack, rotation, secret } = setUp();
    rotation.rotate(secret, { scheduleScope: rotation });
    rotation.rotate(new secretsmanager.Secret(stack, 'Other'), { scheduleScope: rotation });
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
  });

  test('for two imported ARNs', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(fromSecretCompleteArn(stack, 'First', ARN));
    rotation.rotate(fromSecretCompleteArn(stack, 'Second', OTHER_ARN));
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
  });

  test('for two ARNs that are tokens, and may be of two secrets', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(fromSecretCompleteArn(stack, 'First', Fn.importValue('first')));
    rotation.rotate(fromSecretCompleteArn(stack, 'Second', Fn.importValue('second')));
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
  });

  test('for two secrets of a nested stack, whose schedules are in its parent', () => {
    const { app, stack, rotation } = setUp();
    const nested = new NestedStack(stack, 'Nested');
    for (const id of ['One', 'Two']) { rotation.rotate(new secretsmanager.Secret(nested, id), { scheduleScope: stack }); }
    app.synth();
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
  });

  test('for two secrets whose ARNs are attributes of one resource', () => {
    const { app, stack, rotation } = setUp();
    const resource = new CustomResource(stack, 'Users', { serviceToken: 'arn:aws:lambda:eu-west-1:111111111111:function:users' });
    for (const attribute of ['FirstSecretArn', 'SecondSecretArn']) {
      rotation.rotate(fromSecretCompleteArn(stack, attribute, resource.getAttString(attribute)));
    }
    app.synth();
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
  });

  test('for one name in two stages, which may be of two accounts', () => {
    const app = makeApp();
    const stacks = ['111111111111', '222222222222'].map((account) => {
      const stack = new Stack(new Stage(app, `Stage${account}`, { env: { account, region: 'eu-west-1' } }), 'Stack');
      new RotationFunction(stack, 'Rotation').rotate(fromSecretNameV2(stack, 'Secret', 'my-app/password'));
      return stack;
    });
    app.synth();
    expect(stacks.map((stack) => resourcesOf(stack, SCHEDULE).length)).toEqual([1, 1]);
  });

  test('for two ARNs with a parameter in them, which differs between stacks', () => {
    const app = makeApp();
    const stacks = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
    const rotation = new RotationFunction(stacks[0], 'Rotation');
    for (const stack of stacks) {
      const name = new CfnParameter(stack, 'Name').valueAsString;
      rotation.rotate(fromSecretCompleteArn(stack, 'Secret', `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${name}`));
    }
    app.synth();
    expect(stacks.map((stack) => resourcesOf(stack, SCHEDULE).length)).toEqual([1, 1]);
  });

  test('for one name in two stacks that may be of two regions, with a function each', () => {
    const app = makeApp();
    const stacks = ['One', 'Two'].map((id) => new Stack(app, id));
    for (const stack of stacks) { new RotationFunction(stack, 'Rotation').rotate(fromSecretNameV2(stack, 'Secret', 'my-app/password')); }
    app.synth();
    expect(stacks.map((stack) => resourcesOf(stack, SCHEDULE).length)).toEqual([1, 1]);
  });

  test('for one ARN in two apps', () => {
    for (const stack of [makeStack(), makeStack()]) {
      new RotationFunction(stack, 'Rotation').rotate(fromSecretCompleteArn(stack, 'Secret', ARN));
      expect(resourcesOf(stack, SCHEDULE)).toHaveLength(1);
    }
  });

  test('for a secret of CDK with CDK\'s own schedule, beside ours', () => {
    const { stack, rotation, secret } = setUp();
    secret.addRotationSchedule('Theirs', { rotationLambda: rotation });
    rotation.rotate(new secretsmanager.Secret(stack, 'Other'));
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
  });
});

// Two schedules of one secret that only the deployment would find.
describe('finds two schedules for any name of the secret', () => {
  const refusal = (app: App, action: () => unknown) => expect(() => {
    action();
    app.synth();
  }).toThrow('has a rotation schedule already');

  test('the same name imported twice', () => {
    const { app, stack, rotation } = setUp();
    rotation.rotate(fromSecretNameV2(stack, 'First', 'my-app/password'));
    refusal(app, () => rotation.rotate(fromSecretNameV2(stack, 'Second', 'my-app/password')));
  });

  test('the same name imported into two stacks of one account and region', () => {
    const app = makeApp();
    const [one, two] = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
    const rotation = new RotationFunction(one, 'Rotation');
    rotation.rotate(fromSecretNameV2(one, 'Secret', 'my-app/password'));
    refusal(app, () => rotation.rotate(fromSecretNameV2(two, 'Secret', 'my-app/password')));
  });

  test('a name, with our schedule in one stack and CDK\'s RotationSchedule in another', () => {
    const { app, stack, rotation } = setUp();
    const secret = fromSecretNameV2(stack, 'Imported', 'my-app/password');
    rotation.rotate(secret);
    refusal(app, () => new secretsmanager.RotationSchedule(new Stack(app, 'Other'), 'Theirs', { secret, rotationLambda: rotation }));
  });

  test('the same token imported twice', () => {
    const { app, stack, rotation } = setUp();
    const arn = Fn.importValue('arn');
    rotation.rotate(fromSecretCompleteArn(stack, 'First', arn));
    refusal(app, () => rotation.rotate(fromSecretCompleteArn(stack, 'Second', arn)));
  });

  test('CDK\'s own addRotationSchedule after ours in another scope', () => {
    const { app, stack, rotation, secret } = setUp();
    rotation.rotate(secret, { scheduleScope: stack });
    refusal(app, () => secret.addRotationSchedule('Theirs', { rotationLambda: rotation }));
  });

  test('CDK\'s RotationSchedule in another scope', () => {
    const { app, stack, rotation, secret } = setUp();
    new secretsmanager.RotationSchedule(stack, 'Theirs', { secret, rotationLambda: rotation });
    refusal(app, () => rotation.rotate(secret));
  });

  test('a secret and its attachment, with a schedule in another scope', () => {
    const { app, stack, rotation, secret } = setUp();
    rotation.rotate(secret, { scheduleScope: stack });
    refusal(app, () => rotation.rotate(secret.attach(database)));
  });
});
