import type { Inputs, Operation } from '../../simulator';

/** A call, made of both. `SECRET` stands for the ARN that CreateSecret answered. */
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

export const SCENARIOS: readonly Scenario[] = [
  { name: 'create, describe, get', steps: [create, describe, get(), get(V1), get(undefined, 'AWSCURRENT'), get(V1, 'AWSCURRENT')] },
  { name: 'a name can be taken once', steps: [create, ['CreateSecret', { Name: 'secret', SecretString: 'other' }]] },
  { name: 'what is not there', steps: [create, get(V2), get(undefined, 'AWSPENDING'), get(V1, 'AWSPENDING'), get(undefined, 'AWSPREVIOUS')] },
  { name: 'no such secret', steps: [['DescribeSecret', { SecretId: 'other' }], ['GetSecretValue', { SecretId: 'other' }]] },
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
    steps: [
      create, put(V2, 'two', 'AWSPENDING'),
      ['RotateSecret', { ClientRequestToken: V3, RotationLambdaARN: 'arn:aws:lambda:us-east-1:123456789012:function:f', RotationRules: { AutomaticallyAfterDays: 30 } }],
    ],
  },
];
