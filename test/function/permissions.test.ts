import { App, NestedStack, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget } from '../../src';
import {
  ENV, FUNCTION, makeStack, onlyResource, PERMISSION, POLICY, resourcesOf, ROLE, SCHEDULE, SECRET, statementsOf, warningsOf,
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
/** Comparable, whether or not the region is known. */
const nameOf = (stack: Stack) => JSON.stringify(onlyResource(stack, POLICY).properties.PolicyName);
const arnOf = (stack: Stack) => ({ 'Fn::GetAtt': [onlyResource(stack, FUNCTION).id, 'Arn'] });

/** `secret:*` of the stack's account and region. */
const EVERY_SECRET = {
  'Fn::Join': ['', [
    'arn:', { Ref: 'AWS::Partition' }, ':secretsmanager:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':secret:*',
  ]],
};

function withFunction(props?: StackProps): { stack: Stack; rotation: RotationFunction } {
  const stack = makeStack(props);
  return { stack, rotation: new RotationFunction(stack, 'Rotation') };
}

function secretWithKey(stack: Stack, id = 'Secret'): secretsmanager.Secret {
  return new secretsmanager.Secret(stack, id, { encryptionKey: new kms.Key(stack, `${id}Key`) });
}

describe('what the function may do with secrets', () => {
  test('is what a rotation needs, and only where the secret\'s rotation function is this one', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    expect(rotationStatement(stack)).toEqual([expect.objectContaining({
      Effect: 'Allow',
      Action: ROTATION_ACTIONS,
      Condition: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': arnOf(stack) } },
    })]);
  });

  test('is one policy of its own, which neither the function nor its role waits for', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    const policy = onlyResource(stack, POLICY);
    const role = onlyResource(stack, ROLE);
    const { dependsOn } = onlyResource(stack, FUNCTION);
    expect(policy.properties.Roles).toEqual([{ Ref: role.id }]);
    expect(dependsOn).not.toContain(policy.id);
    expect(role.dependsOn).toEqual([]);
  });

  test('includes GetRandomPassword, which has no resource', () => {
    const { stack } = withFunction();
    expect(statementsOf(stack).filter(allows('secretsmanager:GetRandomPassword'))).toEqual([
      expect.objectContaining({ Effect: 'Allow', Action: 'secretsmanager:GetRandomPassword', Resource: '*' }),
    ]);
  });

  test('is nothing but these', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    const actions = statementsOf(stack).flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual([...ROTATION_ACTIONS, 'secretsmanager:GetRandomPassword'].sort());
  });

  test('is narrowed to the one secret of its own stack', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'Secret'));
    expect(rotationStatement(stack)[0].Resource).toEqual({ Ref: onlyResource(stack, SECRET).id });
  });

  test('is narrowed by RotatingSecret too', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret');
    expect(rotationStatement(stack)[0].Resource).toEqual({ Ref: onlyResource(stack, SECRET).id });
  });

  test('is not narrowed with two secrets', () => {
    const { stack, rotation } = withFunction();
    rotation.rotate(new secretsmanager.Secret(stack, 'One'));
    rotation.rotate(new secretsmanager.Secret(stack, 'Two'));
    expect(rotationStatement(stack)).toHaveLength(1);
    expect(rotationStatement(stack)[0].Resource).toEqual(EVERY_SECRET);
  });

  test('is not narrowed without a secret, nor to one of another stack', () => {
    const app = new App();
    const [mine, theirs] = [new Stack(app, 'Mine'), new Stack(app, 'Theirs')];
    const rotation = new RotationFunction(mine, 'Rotation');
    new RotationFunction(mine, 'Idle');
    rotation.rotate(new secretsmanager.Secret(theirs, 'Secret'));
    expect(rotationStatement(mine).map(({ Resource }) => Resource)).toEqual([EVERY_SECRET, EVERY_SECRET]);
  });

  test('has one size for any number of secrets', () => {
    const sizeWith = (secrets: number) => {
      const { stack, rotation } = withFunction();
      for (let index = 0; index < secrets; index++) { rotation.rotate(new secretsmanager.Secret(stack, `Secret${index}`)); }
      return JSON.stringify(onlyResource(stack, POLICY).properties).length;
    };
    expect(sizeWith(20)).toBe(sizeWith(2));
  });

  test.each<[string, (stack: Stack) => secretsmanager.ISecret, string]>([
    ['a complete ARN as it is', (stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', COMPLETE_ARN), COMPLETE_ARN],
    ['a partial ARN with six characters after it',
      (stack) => secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app'),
      'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-??????'],
  ])('names %s', (_, secret, resource) => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secret(stack));
    expect(rotationStatement(stack)[0].Resource).toBe(resource);
  });

  test('names a secret that is known by its name with six characters after it', () => {
    const { stack, rotation } = withFunction({ env: ENV });
    rotation.rotate(secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'my-app/password'));
    expect(rotationStatement(stack)[0].Resource).toEqual(
      { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':secretsmanager:eu-west-1:111111111111:secret:my-app/password-??????']] });
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

  test('by the secret\'s name, is warned of', () => {
    const warning = warningFor((stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'my-app/backup-daily1'));
    for (const part of parts) { expect(warning).toContain(part); }
  });

  test('by the ARN itself, is warned of', () => {
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
  ])('%s is not warned of', (_, secret) => {
    const { stack, rotation } = withFunction();
    rotation.rotate(secret(stack));
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('who may invoke the function', () => {
  test('Secrets Manager for this account, and nobody else', () => {
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

  test('the account is written out where it is known', () => {
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

  test('the key policy of its stack, and for the stack of the function', () => {
    const app = new App();
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
      },
    }]);
  });

  test('may be used in the region of the function, where it is known', () => {
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

  test('are not granted where there is none', () => {
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
    const app = new App();
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
    }
    expect(keyStatements(mine)).toEqual([]);
  });

  test('of a stack with two functions are one policy for each function', () => {
    const app = new App();
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
    const app = new App();
    const [mine, theirs] = [new Stack(app, 'Mine'), new Stack(app, 'Theirs')];
    const encryptionKey = new kms.Key(theirs, 'Key');
    new RotatingSecret(mine, 'Secret', { encryptionKey });
    expect(JSON.stringify(onlyResource(theirs, 'AWS::KMS::Key'))).not.toContain('ImportValue');
    expect(theirs.dependencies).toEqual([]);
  });

  test('of two stacks have policies of two names, for a role has one inline policy of a name: the last one deployed', () => {
    const app = new App();
    const rotation = new RotationFunction(new Stack(app, 'Mine'), 'Rotation');
    const names = ['A', 'B'].map((id) => {
      const stack = new Stack(app, id);
      rotation.rotate(secretWithKey(stack));
      return stack;
    }).map((stack) => nameOf(stack));
    expect(new Set(names).size).toBe(2);
  });

  test('known by an alias are granted by their key, for IAM knows no alias as a resource', () => {
    const stack = makeStack();
    const encryptionKey = new kms.Key(stack, 'Key').addAlias('alias/secrets');
    new RotatingSecret(stack, 'Secret', { encryptionKey });
    expect(keyStatements(stack)[0].Resource).toEqual({ 'Fn::GetAtt': [onlyResource(stack, 'AWS::KMS::Key').id, 'Arn'] });
  });

  test('known by an imported alias with its key are granted by that key', () => {
    const stack = makeStack();
    const aliasTargetKey = kms.Key.fromKeyArn(stack, 'Key', KEY_ARN);
    const encryptionKey = kms.Alias.fromAliasAttributes(stack, 'Alias', { aliasName: 'alias/secrets', aliasTargetKey });
    new RotatingSecret(stack, 'Secret', { encryptionKey });
    expect(keyStatements(stack).map(({ Resource }) => Resource)).toEqual([KEY_ARN]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('known only by the name of an alias are warned of, with what is missing', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { encryptionKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/secrets') });
    expect(keyStatements(stack)).toEqual([]);
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of ['encryptionKey: Stack/Alias', 'Key.fromKeyArn', ...KEY_ACTIONS, 'keyOfAlias']) { expect(warning).toContain(part); }
  });

  test('that AWS manages need no permission, and no warning', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { encryptionKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/aws/secretsmanager') });
    expect(keyStatements(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('of nested stacks of one name have policies of two names', () => {
    const app = new App();
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

describe('with policies minimized, as new apps have it', () => {
  test('the permissions are the same', () => {
    const app = new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': true } });
    const stack = new Stack(app, 'Stack');
    const rotation = new RotationFunction(stack, 'Rotation');
    for (const id of ['One', 'Two']) { rotation.rotate(secretWithKey(stack, id)); }
    expect(rotationStatement(stack)).toEqual([expect.objectContaining({
      Action: ROTATION_ACTIONS,
      Resource: EVERY_SECRET,
      Condition: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': arnOf(stack) } },
    })]);
    const keys = resourcesOf(stack, 'AWS::KMS::Key').map(({ id }) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
    expect(keyStatements(stack)).toEqual([expect.objectContaining({ Action: KEY_ACTIONS, Resource: expect.arrayContaining(keys) })]);
  });
});

describe('the role', () => {
  test('may write to the function\'s own log group, and may do nothing else by itself', () => {
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

  test('may write to the log group that was given', () => {
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

  test('may have network interfaces in a VPC, and nothing more: AWS\'s managed policy would let it write to every log group', () => {
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

  test('of the user gets the rotation\'s permissions', () => {
    const stack = makeStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    new RotationFunction(stack, 'Rotation', { role }).rotate(secretWithKey(stack));
    expect(onlyResource(stack, POLICY).properties.Roles).toEqual([{ Ref: onlyResource(stack, ROLE).id }]);
    expect(rotationStatement(stack)).toHaveLength(1);
    expect(keyStatements(stack)).toHaveLength(1);
    expect(warningsOf(stack).filter((warning) => !warning.includes('roleWithoutLogs'))).toEqual([]);
  });

  test('of another app gets the rotation\'s permissions where this app may change it', () => {
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
    test('is warned of, with all that it needs, and fails nothing', () => {
      const stack = makeStack({ env: ENV });
      const superuser = new secretsmanager.Secret(stack, 'Superuser');
      const target = RotationTarget.postgres({ strategy: RotationStrategy.alternatingUsers(superuser) });
      new RotationFunction(stack, 'Rotation', { role: makeRole(stack), target }).rotate(secretWithKey(stack));
      expect(resourcesOf(stack, POLICY)).toEqual([]);
      expect(onlyResource(stack, SCHEDULE).dependsOn).toEqual([onlyResource(stack, PERMISSION).id]);
      const [warning, ...others] = warningsOf(stack);
      expect(others).toEqual([]);
      const needed = [...ROTATION_ACTIONS.map((action) => action.split(':')[1]), 'secretsmanager:GetRandomPassword', ...KEY_ACTIONS];
      for (const part of ['role: ', 'no permission to rotate', 'logs:CreateLogStream and PutLogEvents', ...needed, 'secretsmanager:GetSecretValue (ReadSuperuserSecret)', 'unmodifiableRole']) { expect(warning).toContain(part); }
    });
  });

  test('that can\'t be changed is warned of once, however many secrets and stacks there are', () => {
    const app = new App();
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

  test('and everything else is no wider than Secrets Manager needs: * stands for no other resource', () => {
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
    const app = new App();
    const names = ['A', 'B'].map((id) => {
      const stack = new Stack(app, id);
      new RotationFunction(stack, 'Rotation', { role: iam.Role.fromRoleName(stack, 'Role', 'rotation') });
      return stack;
    }).map((stack) => nameOf(stack));
    expect(new Set(names).size).toBe(2);
  });

  test('shared by two functions of two regions that aren\'t known yet has policies whose names have the region', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { role: iam.Role.fromRoleName(stack, 'Role', 'rotation') });
    expect(nameOf(stack)).toContain('{"Ref":"AWS::Region"}');
  });

  test('has a policy of a name that IAM takes, however long the path of the function is', () => {
    const stack = makeStack({ env: ENV });
    const scope = new RotationFunction(stack, `A${'a'.repeat(120)}`);
    new RotatingSecret(scope, `B${'b'.repeat(120)}`);
    for (const { properties } of resourcesOf(stack, POLICY)) { expect(properties.PolicyName).toMatch(/^[\w+=,.@-]{1,128}$/); }
  });

  test('shared by two functions of two regions has policies of two names, for IAM knows no regions', () => {
    const app = new App();
    const names = ['eu-west-1', 'us-east-1'].map((region) => {
      const stack = new Stack(app, region, { stackName: 'Platform', env: { account: ENV.account, region } });
      new RotationFunction(stack, 'Rotation', { role: iam.Role.fromRoleName(stack, 'Role', 'rotation') });
      return stack;
    }).map((stack) => nameOf(stack));
    expect(new Set(names).size).toBe(2);
  });
});
