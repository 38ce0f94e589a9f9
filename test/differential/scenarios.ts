import type { Inputs, Operation } from '../../simulator';

/**
 * A call. Without a SecretId it has the ARN of the created secret. These SecretIds are placeholders: `NAME` for the name of that secret,
 * `PARTIAL` for its ARN without the last seven characters, `MISSING` for a name without a secret. The NextToken `NEXT` is a placeholder for the
 * last one.
 */
export type Step = { readonly [O in Operation]: readonly [O, Omit<Inputs[O], 'SecretId'> & { SecretId?: string }] }[Operation];

export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

const id = (n: number) => `${String(n).repeat(8)}-0000-4000-8000-000000000000`;
const [V1, V2, V3, V4] = [1, 2, 3, 4].map(id);

const create: Step = ['CreateSecret', { Name: 'secret', SecretString: 'one', ClientRequestToken: V1 }];
const describe: Step = ['DescribeSecret', {}];
const get = (VersionId?: string, VersionStage?: string): Step => ['GetSecretValue', { VersionId, VersionStage }];
const put = (ClientRequestToken: string, SecretString: string, ...VersionStages: string[]): Step =>
  ['PutSecretValue', { ClientRequestToken, SecretString, VersionStages: VersionStages.length ? VersionStages : undefined }];
const move = (VersionStage: string, MoveToVersionId?: string, RemoveFromVersionId?: string): Step =>
  ['UpdateSecretVersionStage', { VersionStage, MoveToVersionId, RemoveFromVersionId }];

const missing = (operation: 'DescribeSecret' | 'GetSecretValue' | 'DeleteSecret'): Step => [operation, { SecretId: 'MISSING' }];
const list = (IncludeDeprecated?: boolean): Step => ['ListSecretVersionIds', { IncludeDeprecated }];
const password = (input: Inputs['GetRandomPassword']): Step => ['GetRandomPassword', input];
const NO_TYPES = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };
const update = (ClientRequestToken: string, SecretString: string): Step => ['UpdateSecret', { ClientRequestToken, SecretString }];
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:f';
const rotate = (ClientRequestToken: string, input: Omit<Inputs['RotateSecret'], 'SecretId'> = { RotationLambdaARN: FUNCTION }): Step =>
  ['RotateSecret', { ClientRequestToken, ...input }];

export const SCENARIOS: readonly Scenario[] = [
  { name: 'create, describe, get', steps: [create, describe, get(), get(V1), get(undefined, 'AWSCURRENT'), get(V1, 'AWSCURRENT')] },
  { name: 'a name can be taken once', steps: [create, ['CreateSecret', { Name: 'secret', SecretString: 'other' }]] },
  { name: 'what is not there', steps: [create, get(V2), get(undefined, 'AWSPENDING'), get(V1, 'AWSPENDING'), get(undefined, 'AWSPREVIOUS')] },
  { name: 'no such secret', steps: [missing('DescribeSecret'), missing('GetSecretValue'), ['PutSecretValue', { SecretId: 'MISSING', SecretString: 'two', ClientRequestToken: V2 }]] },
  { name: 'a put by hand moves AWSCURRENT and AWSPREVIOUS', steps: [create, put(V2, 'two'), describe, get(), put(V3, 'three'), describe, get(undefined, 'AWSPREVIOUS')] },
  { name: 'a rotation, step by step', steps: [create, put(V2, 'two', 'AWSPENDING'), describe, get(V2, 'AWSPENDING'), get(), move('AWSCURRENT', V2, V1), describe, get()] },
  {
    name: 'two rotations',
    steps: [
      create, put(V2, 'two', 'AWSPENDING'), move('AWSCURRENT', V2, V1), put(V3, 'three', 'AWSPENDING'), describe, move('AWSCURRENT', V3, V2), describe, get(),
      get(undefined, 'AWSPREVIOUS'),
    ],
  },
  { name: 'AWSCURRENT is taken only from where it is', steps: [create, put(V2, 'two', 'AWSPENDING'), move('AWSCURRENT', V2, V3), move('AWSCURRENT', V2), describe] },
  { name: 'labels go to known versions only', steps: [create, move('AWSCURRENT', V4, V1), describe] },
  { name: 'AWSPENDING is taken away', steps: [create, put(V2, 'two', 'AWSPENDING'), move('AWSPENDING', undefined, V2), describe] },
  { name: 'the same token with the same value', steps: [create, put(V2, 'two', 'AWSPENDING'), put(V2, 'two', 'AWSPENDING'), describe, get(V2)] },
  { name: 'the same token with another value', steps: [create, put(V2, 'two', 'AWSPENDING'), put(V2, 'other', 'AWSPENDING'), get(V2)] },
  { name: 'the token of the current version with another value', steps: [create, put(V1, 'other'), get()] },
  { name: 'labels of one\'s own', steps: [create, put(V2, 'two', 'MINE'), describe, get(undefined, 'MINE'), move('MINE', V1, V2), describe] },
  { name: 'deletion', steps: [create, ['DeleteSecret', {}], get(), put(V2, 'two'), ['RestoreSecret', {}], get()] },
  { name: 'an update is a put', steps: [create, ['UpdateSecret', { SecretString: 'two', ClientRequestToken: V2 }], describe, get()] },
  { name: 'versions are listed', steps: [create, put(V2, 'two', 'AWSPENDING'), ['ListSecretVersionIds', {}]] },
  {
    name: 'passwords',
    steps: [
      ['GetRandomPassword', {}], ['GetRandomPassword', { PasswordLength: 5 }], ['GetRandomPassword', { PasswordLength: 3 }],
      ['GetRandomPassword', { PasswordLength: 8, ExcludePunctuation: true, ExcludeLowercase: true, ExcludeUppercase: true }],
      ['GetRandomPassword', { PasswordLength: 5000 }],
    ],
  },
  {
    name: 'a rotation while another is under way',
    steps: [create, put(V2, 'two', 'AWSPENDING'), rotate(V3, { RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 30 } })],
  },
  { name: 'created again', steps: [create, create, describe, ['CreateSecret', { Name: 'secret', SecretString: 'two', ClientRequestToken: V1 }], get()] },
  {
    name: 'a secret without a value',
    steps: [['CreateSecret', { Name: 'secret', ClientRequestToken: V1 }], describe, get(), list(), put(V2, 'two', 'AWSPENDING'), describe, get()],
  },
  {
    name: 'ids of a secret',
    steps: [
      create, ['DescribeSecret', { SecretId: 'NAME' }], ['DescribeSecret', { SecretId: 'PARTIAL' }], ['GetSecretValue', { SecretId: 'PARTIAL' }],
      ['DescribeSecret', { SecretId: '' }], ['DescribeSecret', { SecretId: 'no such*name' }],
    ],
  },
  {
    name: 'tokens',
    steps: [create, put('short', 'two'), put('x'.repeat(65), 'two'), put('x'.repeat(32), 'two'), update('short', 'three'), rotate('short'), list()],
  },
  {
    name: 'values',
    steps: [
      create, ['PutSecretValue', { ClientRequestToken: V2 }], put(V2, ''), put(V2, 'x'.repeat(65_537)), put(V2, 'x'.repeat(65_536)), put(V3, '\u00e9'.repeat(32_769)),
      ['PutSecretValue', { ClientRequestToken: V3, SecretString: 'a', SecretBinary: Buffer.from('b') }],
      ['PutSecretValue', { ClientRequestToken: V3, SecretBinary: Buffer.from('binary') }], get(), ['PutSecretValue', { ClientRequestToken: V3, SecretString: 'binary' }],
    ],
  },
  {
    name: 'the token of an existing version, other labels',
    steps: [create, put(V2, 'two', 'AWSPENDING'), put(V2, 'two', 'AWSCURRENT'), describe, put(V2, 'two'), describe],
  },
  {
    name: 'labels of a put',
    steps: [
      create, put(V2, 'two', 'AWSCURRENT', 'MINE'), describe, put(V3, 'three', 'AWSPENDING', 'MINE'), describe,
      ['PutSecretValue', { ClientRequestToken: V4, SecretString: 'four', VersionStages: [] }],
      put(V4, 'four', ...Array.from({ length: 21 }, (_, n) => `LABEL${n}`)), put(V4, 'four', 'x'.repeat(257)),
      put(V4, 'four', ...Array.from({ length: 20 }, (_, n) => `LABEL${n}`)),
    ],
  },
  {
    name: 'AWSCURRENT goes back, and to where it is',
    steps: [
      create, put(V2, 'two'), move('AWSCURRENT', V1, V2), describe, get(), move('AWSCURRENT', V1, V1), describe, move('AWSCURRENT', V1), describe,
      move('AWSCURRENT', V2), move('AWSCURRENT', undefined, V1), describe,
    ],
  },
  {
    name: 'labels that go nowhere, or come from elsewhere',
    steps: [
      create, put(V2, 'two', 'AWSPENDING'), ['UpdateSecretVersionStage', { VersionStage: 'AWSPENDING' }], move('MINE', undefined, V1), move('MINE', V1, V2),
      move('AWSPENDING', undefined, V1), move('AWSPENDING', undefined, V4), move('AWSPENDING', V1), move('MINE', V2), move('MINE', V1), describe,
    ],
  },
  {
    name: 'AWSPENDING moves to the current version',
    steps: [create, put(V2, 'two', 'AWSPENDING'), move('AWSPENDING', V1, V2), describe, get(undefined, 'AWSPENDING')],
  },
  { name: 'a version that lost its labels', steps: [create, put(V2, 'two'), put(V3, 'three'), get(V1), list(), list(true), get(V1, 'AWSPREVIOUS'), put(V1, 'one'), describe] },
  {
    name: 'versions in pages',
    steps: [
      create, put(V2, 'two'), put(V3, 'three', 'AWSPENDING'), ['ListSecretVersionIds', { MaxResults: 2 }], ['ListSecretVersionIds', { MaxResults: 2, NextToken: 'NEXT' }],
      ['ListSecretVersionIds', { MaxResults: 0 }], ['ListSecretVersionIds', { MaxResults: 101 }], ['ListSecretVersionIds', { NextToken: 'not a token' }],
    ],
  },
  {
    name: 'requests for a value',
    steps: [create, get('short'), get('x'.repeat(65)), get(undefined, ''), get(undefined, 'x'.repeat(257)), get(V1, 'MINE'), get(V2, 'AWSCURRENT')],
  },
  {
    name: 'updates',
    steps: [create, update(V1, 'one'), update(V1, 'two'), update(V2, 'two'), update(V2, 'two'), describe, ['UpdateSecret', { Description: 'text', ClientRequestToken: V2 }], describe],
  },
  {
    name: 'a key and back',
    steps: [
      ['CreateSecret', { Name: 'secret', SecretString: 'one', ClientRequestToken: V1, KmsKeyId: 'alias/mine' }], describe,
      ['UpdateSecret', { KmsKeyId: '', ClientRequestToken: V2 }], describe,
    ],
  },
  {
    name: 'a deleted secret',
    steps: [
      create, put(V2, 'two', 'AWSPENDING'), ['DeleteSecret', { RecoveryWindowInDays: 6 }], ['DeleteSecret', { RecoveryWindowInDays: 31 }],
      ['DeleteSecret', { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }], ['DeleteSecret', { RecoveryWindowInDays: 7 }], describe, list(),
      move('AWSCURRENT', V2, V1), update(V3, 'three'), rotate(V3), ['CancelRotateSecret', {}], ['DeleteSecret', {}],
      ['CreateSecret', { Name: 'secret', SecretString: 'other', ClientRequestToken: V4 }], ['RestoreSecret', {}], ['RestoreSecret', {}], get(), describe,
    ],
  },
  {
    name: 'deletion by force',
    steps: [
      missing('DeleteSecret'), ['DeleteSecret', { SecretId: 'MISSING', ForceDeleteWithoutRecovery: true }], create, ['DeleteSecret', { ForceDeleteWithoutRecovery: true }],
      get(), describe, ['RestoreSecret', {}], ['DeleteSecret', { SecretId: 'NAME', ForceDeleteWithoutRecovery: true }],
    ],
  },
  {
    name: 'passwords that are left no characters',
    steps: [
      password(NO_TYPES), password({ ...NO_TYPES, IncludeSpace: true, RequireEachIncludedType: false }),
      password({ ExcludeCharacters: '0123456789' }), password({ ExcludeCharacters: '0123456789', RequireEachIncludedType: false }),
      password({ ExcludeCharacters: 'x'.repeat(4097) }), password({ PasswordLength: 0 }), password({ PasswordLength: 4096 }),
      password({ PasswordLength: 1, RequireEachIncludedType: false, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true }),
    ],
  },
  { name: 'a rotation without a function', steps: [create, rotate(V2, {}), describe, ['CancelRotateSecret', {}]] },
  { name: 'a rotation under the token of a version', steps: [create, rotate(V1), describe] },
  {
    name: 'a rotation starts',
    steps: [
      create, rotate(V2, { RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 30 } }), describe, get(V2), get(undefined, 'AWSPENDING'), rotate(V2),
      rotate(V3), put(V2, 'two', 'AWSPENDING'), describe, get(V2, 'AWSPENDING'), move('AWSCURRENT', V2, V1), describe,
    ],
  },
  { name: 'a rotation is cancelled', steps: [create, rotate(V2), ['CancelRotateSecret', {}], describe, rotate(V3), move('AWSPENDING', undefined, V2), rotate(V3), describe] },
  {
    name: 'rules of a rotation',
    steps: [
      create, rotate(V2, { RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 0 } }),
      rotate(V2, { RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 1001 } }),
      rotate(V2, { RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 30, ScheduleExpression: 'rate(30 days)' } }),
      rotate(V2, { RotationLambdaARN: 'f' }), describe,
    ],
  },
];
