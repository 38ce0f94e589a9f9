const API = 'https://docs.aws.amazon.com/secretsmanager/latest/apireference';
const operation = (name: string) => `${API}/API_${name}.html`;

/** The simulator's answers that differ from those of others, and the page of AWS that decides it. */
export interface Decision {
  readonly decision: string;
  readonly source: string;
}

/** The page doesn't decide it: the reference has the operation, and not this case. */
const STRICT = 'Not documented, and so the strict answer';

export const DECISIONS = {
  atomic: { decision: 'A move that fails changes nothing', source: operation('UpdateSecretVersionStage') },
  cancelled: { decision: 'CancelRotateSecret answers with the version of the rotation', source: operation('CancelRotateSecret') },
  constraints: {
    decision: 'A request outside of the limits of a member is a ValidationException, and changes nothing', source: `${API}/CommonErrors.html`,
  },
  currentStays: { decision: `${STRICT}: AWSCURRENT can be moved, and not be removed`, source: operation('UpdateSecretVersionStage') },
  currentToItself: { decision: `${STRICT}: AWSCURRENT to where it is leaves AWSPREVIOUS alone`, source: operation('UpdateSecretVersionStage') },
  deleted: { decision: 'A secret that is scheduled for deletion takes no value and no label', source: operation('UpdateSecretVersionStage') },
  deletedName: { decision: 'The name of a secret that is scheduled for deletion is an InvalidRequestException', source: operation('CreateSecret') },
  functionArn: { decision: `${STRICT}: what is not the ARN of a function is refused`, source: operation('RotateSecret') },
  functionMissing: { decision: 'Whether the function exists is not the simulator\'s to know; moto looks it up in its own Lambda', source: operation('RotateSecret') },
  immutable: { decision: 'A version can\'t be changed: its token with another value is a ResourceExistsException', source: operation('PutSecretValue') },
  inProgress: { decision: 'RotateSecret is refused while AWSPENDING is on a version that is not the current one', source: operation('RotateSecret') },
  keptVersions: { decision: 'A version without a label is kept for 24 hours, and longer if it is one of the newest 100', source: operation('PutSecretValue') },
  labelled: { decision: 'DescribeSecret has only versions that have labels', source: operation('DescribeSecret') },
  labelLimit: { decision: 'The versions of a secret have 20 labels at most', source: 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html' },
  managedKey: { decision: 'An empty key is the one that AWS manages, which DescribeSecret leaves out', source: operation('DescribeSecret') },
  mismatch: { decision: 'A VersionId and a VersionStage that are not of the same version are an InvalidRequestException', source: operation('GetSecretValue') },
  name: { decision: 'A name with other characters than the allowed ones is a ValidationException', source: operation('CreateSecret') },
  noFunction: { decision: 'RotateSecret of a secret without a function is an InvalidRequestException, and changes nothing', source: operation('RotateSecret') },
  noMove: { decision: `${STRICT}: a move from nowhere to nowhere is refused`, source: operation('UpdateSecretVersionStage') },
  pages: { decision: 'MaxResults and NextToken make pages, and a wrong NextToken is an InvalidNextTokenException', source: operation('ListSecretVersionIds') },
  passwordCharacters: {
    decision: 'A password has every type that is required: if all characters of one are excluded, there is none. Other requests are answered',
    source: operation('GetRandomPassword'),
  },
  passwordLength: { decision: 'A password has at least 1 character', source: operation('GetRandomPassword') },
  pendingStays: {
    decision: 'AWSPENDING may stay on the version that became the current one, or not: run both, by promotionRemovesPending', source: operation('RotateSecret'),
  },
  pendingVersion: { decision: 'RotateSecret makes the version of the rotation, with AWSPENDING and without a value', source: operation('DescribeSecret') },
  removeFrom: { decision: 'RemoveFromVersionId must be the version that has the label', source: operation('UpdateSecretVersionStage') },
  repeatedPut: { decision: 'A put with the token and the value of a version is ignored, its labels too', source: operation('PutSecretValue') },
  rotateToken: { decision: `${STRICT}: RotateSecret with the token of another version is refused`, source: operation('RotateSecret') },
  rules: { decision: 'AutomaticallyAfterDays and ScheduleExpression exclude each other', source: operation('RotationRulesType') },
  staleRead: { decision: 'A read without a stage is of AWSCURRENT', source: operation('GetSecretValue') },
  unknownVersion: { decision: 'A label goes to a version that is there', source: operation('UpdateSecretVersionStage') },
  updateToken: { decision: 'UpdateSecret with the token of a version is an error, with whatever value', source: operation('UpdateSecret') },
} satisfies Readonly<Record<string, Decision>>;

/** The numbers of the steps, from 1, by decision and scenario. A step whose difference follows from another one is listed with that one. */
type Listed = { readonly [D in keyof typeof DECISIONS]?: Readonly<Record<string, readonly number[]>> };

const MOTO: Listed = {
  atomic: { 'labels go to known versions only': [3] },
  constraints: {
    'passwords': [5],
    'ids of a secret': [5],
    'values': [3, 4, 5, 6, 7, 8, 9],
    'labels of a put': [6, 7, 8],
    'versions in pages': [6, 7],
    'requests for a value': [2, 3, 4, 5],
    'passwords that are left no characters': [5, 6],
    'rules of a rotation': [2, 3],
  },
  currentStays: { 'AWSCURRENT goes back, and to where it is': [11, 12] },
  currentToItself: { 'AWSCURRENT goes back, and to where it is': [7, 9] },
  deleted: { 'deletion': [4, 6], 'a deleted secret': [9, 17, 18] },
  deletedName: { 'a deleted secret': [14] },
  functionMissing: {
    'a rotation while another is under way': [3],
    'a rotation under the token of a version': [2, 3],
    'a rotation starts': [2, 6, 7, 8, 9, 10, 12],
    'a rotation is cancelled': [2, 3, 4, 5, 6, 7, 8],
    'rules of a rotation': [4, 5, 6],
  },
  immutable: { 'the same token with another value': [3, 4] },
  labelled: {
    'a put by hand moves AWSCURRENT and AWSPREVIOUS': [6],
    'AWSPENDING is taken away': [4],
    'labels of one\'s own': [6],
    'AWSPENDING moves to the current version': [4],
    'a version that lost its labels': [5, 9],
  },
  labelLimit: { 'labels of a put': [9] },
  managedKey: { 'a key and back': [4] },
  name: { 'ids of a secret': [6] },
  noFunction: { 'a rotation without a function': [2, 3] },
  noMove: { 'labels that go nowhere, or come from elsewhere': [3] },
  pages: { 'versions in pages': [4, 5, 8] },
  passwordCharacters: { 'passwords that are left no characters': [1, 3, 4] },
  passwordLength: { 'passwords that are left no characters': [8] },
  pendingStays: { 'a rotation, step by step': [7], 'two rotations': [7] },
  removeFrom: { 'labels that go nowhere, or come from elsewhere': [8, 10, 11] },
  repeatedPut: { 'the token of an existing version, other labels': [3, 4, 5, 6] },
  staleRead: { 'a rotation, step by step': [8], 'two rotations': [8], 'AWSCURRENT goes back, and to where it is': [5] },
  updateToken: { updates: [2, 5] },
};

const FAKECLOUD: Listed = {
  cancelled: { 'a rotation is cancelled': [3] },
  constraints: {
    'passwords': [5],
    'ids of a secret': [5],
    'values': [3, 4, 6],
    'labels of a put': [6, 7, 8],
    'versions in pages': [6, 7],
    'requests for a value': [2, 3, 4, 5],
    'passwords that are left no characters': [5, 6],
    'rules of a rotation': [2, 3],
  },
  currentStays: { 'AWSCURRENT goes back, and to where it is': [11, 12] },
  deleted: { 'a deleted secret': [9, 17, 18] },
  functionArn: { 'rules of a rotation': [5] },
  inProgress: { 'a rotation while another is under way': [3], 'a rotation starts': [7], 'a rotation is cancelled': [5] },
  keptVersions: { 'a version that lost its labels': [4, 6, 7, 8, 9] },
  labelled: { 'AWSPENDING is taken away': [4], 'labels of one\'s own': [6], 'AWSPENDING moves to the current version': [4] },
  labelLimit: { 'labels of a put': [9] },
  managedKey: { 'a key and back': [4] },
  mismatch: { 'what is not there': [4], 'requests for a value': [6] },
  name: { 'ids of a secret': [6] },
  noFunction: { 'a rotation without a function': [2, 3, 4] },
  noMove: { 'labels that go nowhere, or come from elsewhere': [3] },
  pages: { 'versions in pages': [8] },
  passwordCharacters: { 'passwords that are left no characters': [3] },
  passwordLength: { 'passwords that are left no characters': [8] },
  pendingStays: { 'a rotation, step by step': [7, 8], 'two rotations': [7, 8], 'a rotation starts': [12] },
  pendingVersion: { 'a rotation starts': [3], 'a rotation is cancelled': [4, 8] },
  removeFrom: { 'AWSCURRENT is taken only from where it is': [3, 5], 'labels that go nowhere, or come from elsewhere': [4, 5, 6, 7, 8, 10, 11] },
  rotateToken: { 'a rotation under the token of a version': [2, 3] },
  rules: { 'rules of a rotation': [4, 6] },
  unknownVersion: { 'labels go to known versions only': [2, 3] },
  updateToken: { updates: [2, 5, 7, 8] },
};

const PEERS: Readonly<Record<string, Listed>> = { moto: MOTO, fakecloud: FAKECLOUD };

/** The steps with other answers of the peer, by scenario and number of the step. Only moto and fakecloud were compared. */
export function differencesOf(peer: string): ReadonlyMap<string, Decision> {
  const places = new Map<string, Decision>();
  for (const [key, scenarios] of Object.entries(PEERS[peer] ?? {})) {
    for (const [scenario, steps] of Object.entries(scenarios)) {
      for (const step of steps) { places.set(`${scenario} ${step}`, DECISIONS[key as keyof typeof DECISIONS]); }
    }
  }
  return places;
}

/** The table of the README: each decision, and the number of different steps of each peer. */
export function decisionsTable(): string {
  const rows = Object.entries(DECISIONS).map(([key, { decision, source }]) => {
    const counts = Object.values(PEERS).map((listed) => Object.values(listed[key as keyof typeof DECISIONS] ?? {}).flat().length || '');
    return `| ${decision} | [${source.split('/').at(-1)!.replace(/^API_|\.html$/g, '')}](${source}) | ${counts.join(' | ')} |`;
  });
  return [`| the simulator | AWS | ${Object.keys(PEERS).join(' | ')} |`, '| --- | --- | --- | --- |', ...rows].join('\n');
}
