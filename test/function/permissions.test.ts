import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnParameter, CfnResource, Fn, NestedStack, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type RotationFunctionProps } from '../../src';
import { MAX_NAMED_SECRETS } from '../../src/function/rotated-secrets';
import {
  ENV, expectInvalid, FUNCTION, makeApp, makeStack, onlyResource, PERMISSION, POLICY, resourcesOf, ROLE, SCHEDULE, SECRET, statementsOf,
  warningsOf,
} from '../fixture';

const ROTATION_ACTIONS = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
];
const KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];
const KEY_ARN = 'arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const COMPLETE_ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-AbCdEf';

const allows = (action: string) => (statement: any) => [statement.Action].flat().includes(action);
const rotationStatement = (stack: Stack) => statementsOf(stack).filter(allows('secretsmanager:PutSecretValue'));
const keyStatements = (stack: Stack) => statementsOf(stack).filter(allows('kms:Decrypt'));
/** Comparable with and without a known region. */
const nameOf = (stack: Stack) => JSON.stringify(onlyResource(stack, POLICY).properties.PolicyName);
const arnOf = (stack: Stack) => ({ 'Fn::GetAtt': [onlyResource(stack, FUNCTION).id, 'Arn'] });

/** The ARN of a secret of the stack's account and region. */
const arnIn = (name: string) => ({
  'Fn::Join': ['', [
    'arn:', { Ref: 'AWS::Partition' }, ':secretsmanager:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, `:secret:${name}`,
  ]],
});
const EVERY_SECRET = arnIn('*');

function withFunction(props?: StackProps): { stack: Stack; rotation: RotationFunction } {
  const stack = makeStack(props);
  return { stack, rotation: new RotationFunction(stack, 'Rotation') };
}

function withSecrets(count: number, props?: RotationFunctionProps): { stack: Stack; rotation: RotationFunction } {
  const stack = makeStack();
  const rotation = new RotationFunction(stack, 'Rotation', props);
  for (let index = 0; index < count; index++) { rotation.rotate(new secretsmanager.Secret(stack, `Secret${index}`, { secretName: `my-app/${index}` })); }
  return { stack, rotation };
}

function secretWithKey(stack: Stack, id = 'Secret'): secretsmanager.Secret {
  return new secretsmanager.Secret(stack, id, { encryptionKey: new kms.Key(stack, `${id}Key`) });
}

describe('the permissions on secrets', () => {
  test('are those that a rotation needs, only if the secret\'s rotation function is this one', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    expect(rotationStatement(stack)).toEqual([expect.objectContaining({
      Effect: 'Allow',
      Action: ROTATION_ACTIONS,
      Condition: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': arnOf(stack) } },
    })]);
  });

  test('are a policy of their own, which neither the function nor its role waits for', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    const policy = onlyResource(stack, POLICY);
    const role = onlyResource(stack, ROLE);
    const { dependsOn } = onlyResource(stack, FUNCTION);
    expect(policy.properties.Roles).toEqual([{ Ref: role.id }]);
    expect(dependsOn).not.toContain(policy.id);
    expect(role.dependsOn).toEqual([]);
  });

  test('include GetRandomPassword, which supports no resource', () => {
    const { stack } = withFunction();
    expect(statementsOf(stack).filter(allows('secretsmanager:GetRandomPassword'))).toEqual([
      expect.objectContaining({ Effect: 'Allow', Action: 'secretsmanager:GetRandomPassword', Resource: '*' }),
    ]);
  });

  test('are nothing else', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    const actions = statementsOf(stack).flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual([...ROTATION_ACTIONS, 'secretsmanager:GetRandomPassword'].sort());
  });

  test('are limited to the one secret of its own stack', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    expect(rotationStatement(stack)[0].Resource).toEqual({ Ref: onlyResource(stack, SECRET).id });
  });

  test('are limited by RotatingSecret too', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret');
    expect(rotationStatement(stack)[0].Resource).toEqual({ Ref: onlyResource(stack, SECRET).id });
  });

  test.each([2, MAX_NAMED_SECRETS])('are limited to %i secrets of its own stack', (count) => {
    const { stack } = withSecrets(count);
    expect(rotationStatement(stack)).toHaveLength(1);
    expect(rotationStatement(stack)[0].Resource).toEqual(resourcesOf(stack, SECRET).map(({ id }) => ({ Ref: id })));
  });

  test('are not limited with more secrets', () => {
    expect(rotationStatement(withSecrets(MAX_NAMED_SECRETS + 1).stack).map(({ Resource }) => Resource)).toEqual([EVERY_SECRET]);
  });

  test('are not limited without a secret, or to a secret of another stack whose name is not known', () => {
    const app = makeApp();
    const [mine, theirs] = [new Stack(app, 'Mine'), new Stack(app, 'Theirs')];
    const rotation = new RotationFunction(mine, 'Rotation');
    new RotationFunction(mine, 'Idle');
    rotation.rotate(new secretsmanager.Secret(theirs, 'Secret'));
    expect(rotationStatement(mine).map(({ Resource }) => Resource)).toEqual([EVERY_SECRET, EVERY_SECRET]);
  });

  test('are not limited to secrets of another stack, which may be deployed without the stack of the function', () => {
    const app = makeApp();
    const [mine, theirs, before] = ['Mine', 'Theirs', 'Before'].map((id) => new Stack(app, id));
    const functions = ['One', 'Two', 'Three', 'Four'].map((id) => new RotationFunction(mine, id));
    functions[0].rotate(new secretsmanager.Secret(theirs, 'Named', { secretName: 'my-app/token' }));
    functions[1].rotate(secretsmanager.Secret.fromSecretNameV2(theirs, 'ByName', 'my-app/password'));
    functions[2].rotate(secretsmanager.Secret.fromSecretCompleteArn(theirs, 'ByArn', COMPLETE_ARN));
    functions[3].rotate(new secretsmanager.Secret(before, 'Secret'), { scheduleScope: mine });
    app.synth();
    expect(rotationStatement(mine).map(({ Resource }) => Resource)).toEqual(functions.map(() => EVERY_SECRET));
  });

  test.each<[string, (stack: Stack, first: RotatingSecret, rotation: RotationFunction) => object]>([
    ['what waits for another secret', (stack, first) => {
      const handler = new lambda.Function(stack, 'Handler', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}') });
      handler.node.addDependency(first);
      return { description: handler.addFunctionUrl().url };
    }],
    ['what waits for another secret, inside a text', (stack, first) => {
      const waiting = new CfnResource(stack, 'Waiting', { type: 'AWS::SNS::Topic' });
      waiting.node.addDependency(first);
      return { description: Fn.sub('the topic ${Waiting}') };
    }],
  ])('are not limited to a secret that refers to %s, which would be a cycle', (_, make) => {
    const { stack, rotation } = withFunction();
    const first = new RotatingSecret(stack, 'First', { rotationFunction: rotation });
    new RotatingSecret(stack, 'Second', { rotationFunction: rotation, ...make(stack, first, rotation) });
    expect(rotationStatement(stack)[0].Resource).toEqual(EVERY_SECRET);
  });

  test('can be printed outside of a template, if an app customizes its roles', () => {
    const app = makeApp();
    iam.Role.customizeRoles(app);
    const stack = new Stack(app, 'Stack');
    const rotation = new RotationFunction(stack, 'Rotation');
    for (const id of ['One', 'Two']) { rotation.rotate(new secretsmanager.Secret(stack, id)); }
    const directory = app.synth().directory;
    expect(readFileSync(join(directory, 'iam-policy-report.txt'), 'utf8')).toContain('"Sid": "RotateSecrets"');
  });

  test('are limited to secrets that refer to keys and parameters', () => {
    const { stack, rotation } = withFunction();
    const secretName = new CfnParameter(stack, 'Name').valueAsString;
    const secrets = [secretWithKey(stack, 'One'), new secretsmanager.Secret(stack, 'Two', { secretName })];
    for (const secret of secrets) { rotation.rotate(secret); }
    expect(rotationStatement(stack)[0].Resource).toEqual(resourcesOf(stack, SECRET).map(({ id }) => ({ Ref: id })));
  });

  test('are not limited to several secrets with a given role, which may have other policies', () => {
    const stack = makeStack();
    const rotation = new RotationFunction(stack, 'Rotation', { role: new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) });
    for (const id of ['One', 'Two']) { rotation.rotate(new secretsmanager.Secret(stack, id)); }
    expect(rotationStatement(stack)[0].Resource).toEqual(EVERY_SECRET);
  });

  test('are not limited with more than five ARNs, of which a possibly partial import has two', () => {
    const { stack, rotation } = withFunction();
    for (const id of ['One', 'Two', 'Three']) { rotation.rotate(secretsmanager.Secret.fromSecretCompleteArn(stack, id, new CfnParameter(stack, `${id}Arn`).valueAsString)); }
    expect(rotationStatement(stack)[0].Resource).toEqual(EVERY_SECRET);
  });

  test.each<[string, (secrets: secretsmanager.Secret[], rotation: RotationFunction) => void]>([
    ['the function', ([first], rotation) => first.node.addDependency(rotation)],
    ['another secret, whose schedule waits for the policy', ([first, second]) => first.node.addDependency(second)],
    ['something that waits for the function', ([first], rotation) => {
      const between = new secretsmanager.Secret(Stack.of(first), 'Between');
      between.node.addDependency(rotation);
      first.node.addDependency(between);
    }],
    ['the function, by its resource', ([first], rotation) =>
      (first.node.defaultChild as CfnResource).addDependency(rotation.node.findChild('RotationPolicy').node.defaultChild as CfnResource)],
  ])('are not limited to a secret that waits for %s, which would be a cycle', (_, wait) => {
    const { stack, rotation } = withFunction();
    const secrets = ['One', 'Two'].map((id) => secretWithKey(stack, id));
    for (const secret of secrets) { rotation.rotate(secret); }
    wait(secrets, rotation);
    expect(rotationStatement(stack).map(({ Resource }) => Resource)).toEqual([EVERY_SECRET]);
    expect(keyStatements(stack).map(({ Condition }) => Object.keys(Condition))).toEqual([['StringEquals']]);
  });

  test('have a constant size for any number of secrets', () => {
    const sizeWith = (secrets: number) => JSON.stringify(onlyResource(withSecrets(secrets).stack, POLICY).properties).length;
    expect(sizeWith(160)).toBe(sizeWith(MAX_NAMED_SECRETS + 1));
  });

  test('fit into the 10,240 characters of a role\'s inline policies, with the longest names', () => {
    const stack = makeStack({ env: ENV });
    const fn = new lambda.Function(stack, 'Target', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}') });
    const rotation = new RotationFunction(stack, 'Rotation', { target: RotationTarget.invoke(fn, { createSecret: true }) });
    for (let index = 0; index < MAX_NAMED_SECRETS; index++) {
      const secretCompleteArn = `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${index}${'n'.repeat(511)}-AbCdEf`;
      const encryptionKey = kms.Key.fromKeyArn(stack, `Key${index}`, KEY_ARN.slice(0, -1) + index);
      rotation.rotate(secretsmanager.Secret.fromSecretAttributes(stack, `Secret${index}`, { secretCompleteArn, encryptionKey }));
    }
    const sizes = resourcesOf(stack, POLICY).map(({ properties }) => JSON.stringify(properties.PolicyDocument).length);
    expect(sizes).toHaveLength(2);
    for (const size of sizes) { expect(size).toBeLessThan(10_240); }
  });

  test.each<[string, (stack: Stack) => secretsmanager.ISecret, string]>([
    ['a complete ARN as it is', (stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', COMPLETE_ARN), COMPLETE_ARN],
    ['a partial ARN with six characters after it',
      (stack) => secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app'),
      'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-??????'],
  ])('name %s', (_, secret, resource) => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secret(stack));
    expect(rotationStatement(stack)[0].Resource).toBe(resource);
  });

  test.each<[string, (stack: Stack, arn: string) => secretsmanager.ISecret]>([
    ['complete', (stack, arn) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', arn)],
    ['partial', (stack, arn) => secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', arn)],
  ])('name an ARN both ways that is imported as %s and known only at deployment', (_, secret) => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secret(stack, Fn.importValue('Theirs')));
    expect(rotationStatement(stack)[0].Resource).toEqual([
      { 'Fn::ImportValue': 'Theirs' }, { 'Fn::Join': ['', [{ 'Fn::ImportValue': 'Theirs' }, '-??????']] },
    ]);
  });

  test('name a secret both ways if its partial ARN could be a complete one', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', COMPLETE_ARN));
    expect(rotationStatement(stack)[0].Resource).toEqual([COMPLETE_ARN, `${COMPLETE_ARN}-??????`]);
  });

  test('name the secret that is attached to a database by its ARN', () => {
    const { stack, rotation } = withFunction();
    const target = { asSecretAttachmentTarget: () => ({ targetId: 'db', targetType: secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE }) };
    const attached = new secretsmanager.Secret(stack, 'Secret').attach(target);
    rotation.rotate(attached);
    expect(rotationStatement(stack)[0].Resource).toEqual(stack.resolve(attached.secretArn));
  });

  test('name a secret that is imported by its name with six characters after it', () => {
    const { stack, rotation } = withFunction({ env: ENV });
    rotation.rotate(secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'my-app/password'));
    expect(rotationStatement(stack)[0].Resource).toEqual(
      { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':secretsmanager:eu-west-1:111111111111:secret:my-app/password-??????']] });
  });
});

describe('secretNamePrefix', () => {
  const withPrefix = (secretNamePrefix: string) => {
    const stack = makeStack();
    return { stack, rotation: new RotationFunction(stack, 'Rotation', { secretNamePrefix }) };
  };

  test('limits a policy of constant size', () => {
    const { stack } = withSecrets(MAX_NAMED_SECRETS + 1, { secretNamePrefix: 'my-app/' });
    expect(rotationStatement(stack).map(({ Resource }) => Resource)).toEqual([arnIn('my-app/*')]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('keeps the ARNs of a few secrets', () => {
    const named = withSecrets(2).stack;
    expect(rotationStatement(withSecrets(2, { secretNamePrefix: 'my-app/' }).stack)).toEqual(rotationStatement(named));
  });

  test.each<[string, (stack: Stack) => secretsmanager.ISecret]>([
    ['new', (stack) => new secretsmanager.Secret(stack, 'Secret', { secretName: 'other-app/token' })],
    ['imported', (stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'other-app/token')],
    ['imported by its ARN', (stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', COMPLETE_ARN.replace('app', 'other-app/token'))],
  ])('refuses a secret with another name: %s', (_, secret) => {
    const { stack, rotation } = withPrefix('my-app/');
    expectInvalid(() => rotation.rotate(secret(stack)), 'secretName', 'Stack/Secret', 'other-app/token', 'Stack/Rotation', 'secretNamePrefix', 'my-app/', 'another function');
  });

  test('warns of a secret whose name is not known', () => {
    const { stack, rotation } = withPrefix('my-app/');
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(1);
    for (const part of ['secretName: ', 'Stack/Secret', 'secretNamePrefix', 'my-app/', 'secretNameUnknown']) { expect(warnings[0]).toContain(part); }
  });

  test.each<[string, string, (stack: Stack) => secretsmanager.ISecret]>([
    ['a partial ARN whose last part has six characters', 'my-app/web-', (stack) => secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:my-app/web-secret')],
    ['the attachment of a named secret', 'my-app/d', (stack) => {
      const secret = new secretsmanager.Secret(stack, 'Secret', { secretName: 'my-app/db' });
      return new secretsmanager.SecretTargetAttachment(stack, 'Attachment', {
        secret, target: { asSecretAttachmentTarget: () => ({ targetId: 'db', targetType: secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE }) },
      });
    }],
  ])('knows the name of %s', (_, prefix, make) => {
    const { stack, rotation } = withPrefix(prefix);
    rotation.rotate(make(stack));
    expect(warningsOf(stack).filter((warning) => warning.startsWith('secretName: '))).toEqual([]);
    const other = withPrefix(`${prefix}-other`);
    expectInvalid(() => other.rotation.rotate(make(other.stack)), 'secretName', 'names begin with');
  });

  test('may be a token, and is then not compared with names', () => {
    const { stack, rotation } = withPrefix(Fn.importValue('Prefix'));
    for (let index = 0; index <= MAX_NAMED_SECRETS; index++) { rotation.rotate(new secretsmanager.Secret(stack, `Secret${index}`)); }
    expect(JSON.stringify(rotationStatement(stack)[0].Resource)).toContain('{"Fn::ImportValue":"Prefix"},"*"');
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each(['', 'my-app/*', 'my-app/?', 'my app/', 'a'.repeat(513)])('refuses a prefix that no name can have: %s', (prefix) => {
    expectInvalid(() => withPrefix(prefix), 'secretNamePrefix', `"${prefix}"`, '1 to 512', 'wildcards', 'Stack/Rotation');
  });
});

describe('a partial ARN that could be a complete one', () => {
  const warningFor = (secret: (stack: Stack) => secretsmanager.ISecret): string => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secret(stack));
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(1);
    return warnings[0];
  };
  const parts = ['secret: ', 'my-app/backup-daily1', 'partial ARN', 'fromSecretCompleteArn', 'ambiguousPartialArn'];

  test('gets a warning, for the secret\'s name', () => {
    const warning = warningFor((stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'my-app/backup-daily1'));
    for (const part of parts) { expect(warning).toContain(part); }
  });

  test('gets a warning, for the ARN itself', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:my-app/backup-daily1';
    const warning = warningFor((stack) => secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', arn));
    for (const part of parts) { expect(warning).toContain(part); }
  });

  test.each<[string, (stack: Stack) => secretsmanager.ISecret]>([
    ['a complete ARN', (stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', COMPLETE_ARN)],
    ['a complete ARN of such a name', (stack) =>
      secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', COMPLETE_ARN.replace('app', 'app-abc123'))],
    ['a name with a shorter end', (stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'app-abcde')],
    ['a name with a longer end', (stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'app-abcdefg')],
    ['a secret of this app, whatever its name', (stack) => new secretsmanager.Secret(stack, 'Secret', { secretName: 'app-abc123' })],
  ])('gets no warning: %s', (_, secret) => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secret(stack));
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('the permission to invoke the function', () => {
  test('is for Secrets Manager of this account, and for nothing else', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'One'));
    rotation.rotate(new secretsmanager.Secret(stack, 'Two'));
    expect(onlyResource(stack, PERMISSION).properties).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: arnOf(stack),
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
  });

  test('has the account as text if it is known', () => {
    expect(onlyResource(withFunction({ env: ENV }).stack, PERMISSION).properties.SourceAccount).toBe(ENV.account);
  });
});

describe('the schedule waits for', () => {
  test('the permission and the policy', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret');
    const needed = [PERMISSION, POLICY].map((type) => onlyResource(stack, type).id);
    expect(onlyResource(stack, SCHEDULE).dependsOn.sort()).toEqual(needed.sort());
  });

  test('the key policy of its stack, and the stack of the function', () => {
    const app = makeApp();
    const [mine, theirs] = [new Stack(app, 'Mine'), new Stack(app, 'Theirs')];
    new RotatingSecret(theirs, 'Secret', {
      rotationFunction: new RotationFunction(mine, 'Rotation'), encryptionKey: new kms.Key(theirs, 'Key'),
    });
    expect(onlyResource(theirs, SCHEDULE).dependsOn).toEqual([onlyResource(theirs, POLICY).id]);
    expect(theirs.dependencies).toEqual([mine]);
  });
});

describe('customer managed keys', () => {
  test('may be used by name, through Secrets Manager only', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { encryptionKey: new kms.Key(stack, 'Key') });
    expect(keyStatements(stack)).toEqual([{
      Effect: 'Allow',
      Action: KEY_ACTIONS,
      Resource: { 'Fn::GetAtt': [onlyResource(stack, 'AWS::KMS::Key').id, 'Arn'] },
      Condition: {
        StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['secretsmanager.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } },
        StringLike: { 'kms:EncryptionContext:SecretARN': { Ref: onlyResource(stack, SECRET).id } },
      },
    }]);
  });

  test('may be used for the few secrets that they encrypt, and no others', () => {
    const { stack, rotation } = withFunction();
    for (const id of ['One', 'Two']) { rotation.rotate(secretWithKey(stack, id)); }
    rotation.rotate(new secretsmanager.Secret(stack, 'WithoutKey'));
    const refs = ['One', 'Two'].map((id) => stack.resolve((stack.node.findChild(id) as secretsmanager.Secret).secretArn));
    expect(keyStatements(stack).map(({ Condition }) => Condition.StringLike)).toEqual([{ 'kms:EncryptionContext:SecretARN': refs }]);
  });

  test('may be used for an imported secret by the known part of its ARN', () => {
    const { stack, rotation } = withFunction();
    const secretPartialArn = COMPLETE_ARN.slice(0, -'-AbCdEf'.length);
    rotation.rotate(secretsmanager.Secret.fromSecretAttributes(stack, 'Secret', { secretPartialArn, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) }));
    expect(keyStatements(stack)[0].Condition.StringLike).toEqual({ 'kms:EncryptionContext:SecretARN': `${secretPartialArn}-??????` });
  });

  test('of many secrets may be used through Secrets Manager, in constant size', () => {
    const { stack, rotation } = withFunction();
    const encryptionKey = new kms.Key(stack, 'Key');
    for (let index = 0; index <= MAX_NAMED_SECRETS; index++) { rotation.rotate(new secretsmanager.Secret(stack, `Secret${index}`, { encryptionKey })); }
    expect(keyStatements(stack).map(({ Condition }) => Object.keys(Condition))).toEqual([['StringEquals']]);
  });

  test('may be used in the region of the function, if it is known', () => {
    const stack = makeStack({ env: ENV });
    new RotatingSecret(stack, 'Secret', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
    expect(keyStatements(stack)[0]).toMatchObject({
      Resource: KEY_ARN, Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } },
    });
  });

  test('of imported secrets are granted too', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secretsmanager.Secret.fromSecretAttributes(stack, 'Secret', {
      secretCompleteArn: COMPLETE_ARN,
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    }));
    expect(keyStatements(stack).map(({ Resource }) => Resource)).toEqual([KEY_ARN]);
  });

  test('get no permission if there is none', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret');
    expect(JSON.stringify(statementsOf(stack))).not.toContain('kms:');
  });

  test('shared by several secrets are granted once', () => {
    const { stack, rotation } = withFunction();
    const encryptionKey = new kms.Key(stack, 'Key');
    for (const id of ['One', 'Two', 'Three']) { rotation.rotate(new secretsmanager.Secret(stack, id, { encryptionKey })); }
    expect(keyStatements(stack)).toHaveLength(1);
  });

  test('of other stacks are one policy of each stack', () => {
    const app = makeApp();
    const mine = new Stack(app, 'Mine');
    const rotation = new RotationFunction(mine, 'Rotation');
    const others = ['A', 'B'].map((id) => new Stack(app, id));
    for (const stack of others) {
      for (const id of ['One', 'Two']) { rotation.rotate(secretWithKey(stack, id)); }
    }
    for (const stack of others) {
      const policy = onlyResource(stack, POLICY);
      expect(policy.properties.Roles).toEqual([{ 'Fn::ImportValue': expect.stringContaining('Mine:') }]);
      const keys = resourcesOf(stack, 'AWS::KMS::Key').map(({ id }) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
      expect(keyStatements(stack).map(({ Resource }) => Resource)).toEqual([keys]);
      expect(keyStatements(stack).map(({ Condition }) => Object.keys(Condition))).toEqual([['StringEquals']]);
    }
    expect(keyStatements(mine)).toEqual([]);
  });

  test('of a stack with two functions are one policy for each function', () => {
    const app = makeApp();
    const [mine, theirs] = [new Stack(app, 'Mine'), new Stack(app, 'Theirs')];
    for (const id of ['First', 'Second']) {
      new RotationFunction(mine, id).rotate(secretWithKey(theirs, id));
    }
    const policies = resourcesOf(theirs, POLICY);
    expect(policies).toHaveLength(2);
    expect(policies.map(({ properties }) => properties.PolicyDocument.Statement.length)).toEqual([1, 1]);
    expect(policies[0].properties.Roles).not.toEqual(policies[1].properties.Roles);
  });

  test('don\'t have the function\'s role in their key policy, which would tie their stack to the function\'s', () => {
    const app = makeApp();
    const [mine, theirs] = [new Stack(app, 'Mine'), new Stack(app, 'Theirs')];
    const encryptionKey = new kms.Key(theirs, 'Key');
    new RotatingSecret(mine, 'Secret', { encryptionKey });
    expect(JSON.stringify(onlyResource(theirs, 'AWS::KMS::Key'))).not.toContain('ImportValue');
    expect(theirs.dependencies).toEqual([]);
  });

  test('of two stacks have policies with two names, because a role has one inline policy of a name: the last one deployed', () => {
    const app = makeApp();
    const rotation = new RotationFunction(new Stack(app, 'Mine'), 'Rotation');
    const names = ['A', 'B'].map((id) => {
      const stack = new Stack(app, id);
      rotation.rotate(secretWithKey(stack));
      return stack;
    }).map((stack) => nameOf(stack));
    expect(new Set(names).size).toBe(2);
  });

  test('given as an alias are granted by their key, because IAM accepts no alias as a resource', () => {
    const stack = makeStack();
    const encryptionKey = new kms.Key(stack, 'Key').addAlias('alias/secrets');
    new RotatingSecret(stack, 'Secret', { encryptionKey });
    expect(keyStatements(stack)[0].Resource).toEqual({ 'Fn::GetAtt': [onlyResource(stack, 'AWS::KMS::Key').id, 'Arn'] });
  });

  test('given as an imported alias with its key are granted by that key', () => {
    const stack = makeStack();
    const aliasTargetKey = kms.Key.fromKeyArn(stack, 'Key', KEY_ARN);
    const encryptionKey = kms.Alias.fromAliasAttributes(stack, 'Alias', { aliasName: 'alias/secrets', aliasTargetKey });
    new RotatingSecret(stack, 'Secret', { encryptionKey });
    expect(keyStatements(stack).map(({ Resource }) => Resource)).toEqual([KEY_ARN]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('given only by the name of an alias get a warning with the missing permissions', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { encryptionKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/secrets') });
    expect(keyStatements(stack)).toEqual([]);
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of ['encryptionKey: Stack/Alias', 'Key.fromKeyArn', ...KEY_ACTIONS, 'keyOfAlias']) { expect(warning).toContain(part); }
  });

  test('managed by AWS need no permission, and get no warning', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { encryptionKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/aws/secretsmanager') });
    expect(keyStatements(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('of nested stacks with the same name have policies with two names', () => {
    const app = makeApp();
    const rotation = new RotationFunction(new Stack(app, 'Mine'), 'Rotation');
    const names = ['A', 'B'].map((id) => {
      const nested = new NestedStack(new Stack(app, id), 'Nested');
      rotation.rotate(secretWithKey(nested));
      return nested;
    }).map((nested) => nameOf(nested));
    expect(new Set(names).size).toBe(2);
  });

  test('in great number fit into the 10,240 bytes of a role\'s inline policies', () => {
    const { stack, rotation } = withFunction({ env: ENV });
    for (let index = 100; index < 160; index++) {
      const encryptionKey = kms.Key.fromKeyArn(stack, `Key${index}`, KEY_ARN.slice(0, -3) + index);
      rotation.rotate(new secretsmanager.Secret(stack, `Secret${index}`, { encryptionKey }));
    }
    const inline = resourcesOf(stack, POLICY).map(({ properties }) => JSON.stringify(properties.PolicyDocument).length);
    expect(inline.reduce((sum, length) => sum + length)).toBeLessThan(10_240);
  });
});

describe('with minimized policies, as in new apps', () => {
  test('the permissions are the same', () => {
    const app = new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': true } });
    const stack = new Stack(app, 'Stack');
    const rotation = new RotationFunction(stack, 'Rotation');
    for (const id of ['One', 'Two']) { rotation.rotate(secretWithKey(stack, id)); }
    const secrets = resourcesOf(stack, SECRET).map(({ id }) => ({ Ref: id }));
    expect(rotationStatement(stack)).toEqual([expect.objectContaining({
      Action: ROTATION_ACTIONS,
      Resource: secrets,
      Condition: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': arnOf(stack) } },
    })]);
    const keys = resourcesOf(stack, 'AWS::KMS::Key').map(({ id }) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
    expect(keyStatements(stack)).toEqual([expect.objectContaining({ Action: KEY_ACTIONS, Resource: expect.arrayContaining(keys) })]);
    expect(keyStatements(stack)[0].Condition.StringLike).toEqual({ 'kms:EncryptionContext:SecretARN': secrets });
  });
});

describe('the role', () => {
  test('may write to the function\'s own log group, and has no other permission', () => {
    const { stack } = withFunction();
    const { properties } = onlyResource(stack, ROLE);
    expect(properties.ManagedPolicyArns).toBeUndefined();
    expect(properties.Policies).toHaveLength(1);
    expect(properties.Policies[0].PolicyDocument.Statement).toEqual([{
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: { 'Fn::GetAtt': [onlyResource(stack, 'AWS::Logs::LogGroup').id, 'Arn'] },
    }]);
  });

  test('may write to a given log group', () => {
    const stack = makeStack({ env: ENV });
    new RotationFunction(stack, 'Rotation', { logGroup: logs.LogGroup.fromLogGroupName(stack, 'Theirs', 'platform/rotation') });
    const { Resource } = onlyResource(stack, ROLE).properties.Policies[0].PolicyDocument.Statement[0];
    expect(Resource).toEqual({
      'Fn::Join': ['', [
        'arn:', { Ref: 'AWS::Partition' }, ':logs:eu-west-1:111111111111:log-group:platform/rotation:*',
      ]],
    });
  });

  test('is one that Lambda may assume', () => {
    expect(onlyResource(withFunction().stack, ROLE).properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  });

  test('may manage network interfaces in a VPC, and nothing more: AWS\'s managed policy would let it write to every log group', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }) });
    const { ManagedPolicyArns, Policies } = onlyResource(stack, ROLE).properties;
    expect(ManagedPolicyArns).toBeUndefined();
    expect(Policies.flatMap(({ PolicyDocument }: any) => PolicyDocument.Statement)).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [onlyResource(stack, 'AWS::Logs::LogGroup').id, 'Arn'] },
      },
      {
        Effect: 'Allow',
        Action: [
          'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
        ],
        Resource: '*',
      },
    ]);
  });

  test('of the user gets the permissions of the rotation', () => {
    const stack = makeStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    new RotationFunction(stack, 'Rotation', { role }).rotate(secretWithKey(stack));
    expect(onlyResource(stack, POLICY).properties.Roles).toEqual([{ Ref: onlyResource(stack, ROLE).id }]);
    expect(rotationStatement(stack)).toHaveLength(1);
    expect(keyStatements(stack)).toHaveLength(1);
    expect(warningsOf(stack).filter((warning) => !warning.includes('roleWithoutLogs'))).toEqual([]);
  });

  test('of another app gets the permissions of the rotation if this app may change it', () => {
    const stack = makeStack({ env: ENV });
    const role = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ENV.account}:role/platform/rotation`);
    new RotationFunction(stack, 'Rotation', { role }).rotate(new secretsmanager.Secret(stack, 'Secret'));
    expect(onlyResource(stack, POLICY).properties.Roles).toEqual(['rotation']);
    expect(warningsOf(stack)).toEqual([]);
  });

  describe.each<[string, (stack: Stack) => iam.IRole]>([
    ['that was imported as it is', (stack) => iam.Role.fromRoleArn(
      stack, 'Role', `arn:aws:iam::${ENV.account}:role/rotation`, { mutable: false },
    )],
    ['of another account', (stack) => iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::999999999999:role/rotation')],
    ['that refuses changes', (stack) =>
      new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }).withoutPolicyUpdates()],
  ])('%s', (_, makeRole) => {
    test('gets a warning with all that it needs, and fails nothing', () => {
      const stack = makeStack({ env: ENV });
      const superuser = new secretsmanager.Secret(stack, 'Superuser');
      const target = RotationTarget.postgres({ strategy: RotationStrategy.alternatingUsers(superuser), passwordPolicy: { passwordLength: 40 } });
      new RotationFunction(stack, 'Rotation', { role: makeRole(stack), target }).rotate(secretWithKey(stack));
      expect(resourcesOf(stack, POLICY)).toEqual([]);
      expect(onlyResource(stack, SCHEDULE).dependsOn).toEqual([onlyResource(stack, PERMISSION).id]);
      const [warning, ...others] = warningsOf(stack);
      expect(others).toEqual([]);
      const needed = [...ROTATION_ACTIONS.map((action) => action.split(':')[1]), 'secretsmanager:GetRandomPassword', ...KEY_ACTIONS];
      for (const part of ['role: ', 'no permission to rotate', 'logs:CreateLogStream and PutLogEvents', ...needed, 'secretsmanager:GetSecretValue (ReadSuperuserSecret)', 'unmodifiableRole']) { expect(warning).toContain(part); }
    });
  });

  test('that can\'t be changed gets one warning, for any number of secrets and stacks', () => {
    const app = makeApp();
    const mine = new Stack(app, 'Mine', { env: ENV });
    const rotation = new RotationFunction(mine, 'Rotation', {
      role: iam.Role.fromRoleArn(mine, 'Role', `arn:aws:iam::${ENV.account}:role/rotation`, { mutable: false }),
    });
    for (const id of ['A', 'B']) {
      const stack = new Stack(app, id, { env: ENV });
      rotation.rotate(secretWithKey(stack));
    }
    expect(warningsOf(mine)).toHaveLength(1);
  });

  test('and all else is no wider than Secrets Manager needs: * stands for no other resource', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { encryptionKey: new kms.Key(stack, 'Key') });
    const roles = resourcesOf(stack, ROLE).flatMap(
      ({ properties }) => properties.Policies.flatMap((policy: any) => policy.PolicyDocument.Statement),
    );
    const wide = [...roles, ...statementsOf(stack)].filter(({ Resource }) => Resource === '*');
    expect(wide.map(({ Action }) => Action)).toEqual(['secretsmanager:GetRandomPassword']);
    Template.fromStack(stack).resourceCountIs('AWS::SecretsManager::ResourcePolicy', 0);
  });

  test('shared by two functions of two stacks has policies of two names', () => {
    const app = makeApp();
    const names = ['A', 'B'].map((id) => {
      const stack = new Stack(app, id);
      new RotationFunction(stack, 'Rotation', { role: iam.Role.fromRoleName(stack, 'Role', 'rotation') });
      return stack;
    }).map((stack) => nameOf(stack));
    expect(new Set(names).size).toBe(2);
  });

  test('shared by two functions of two unknown regions has policies whose names have the region', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { role: iam.Role.fromRoleName(stack, 'Role', 'rotation') });
    expect(nameOf(stack)).toContain('{"Ref":"AWS::Region"}');
  });

  test('has a policy with a name that IAM accepts, however long the path of the function is', () => {
    const stack = makeStack({ env: ENV });
    const scope = new RotationFunction(stack, `A${'a'.repeat(120)}`);
    new RotatingSecret(scope, `B${'b'.repeat(120)}`);
    for (const { properties } of resourcesOf(stack, POLICY)) { expect(properties.PolicyName).toMatch(/^[\w+=,.@-]{1,128}$/); }
  });

  test('shared by two functions of two regions has policies with two names, because IAM is global', () => {
    const app = makeApp();
    const names = ['eu-west-1', 'us-east-1'].map((region) => {
      const stack = new Stack(app, region, { stackName: 'Platform', env: { account: ENV.account, region } });
      new RotationFunction(stack, 'Rotation', { role: iam.Role.fromRoleName(stack, 'Role', 'rotation') });
      return stack;
    }).map((stack) => nameOf(stack));
    expect(new Set(names).size).toBe(2);
  });
});
