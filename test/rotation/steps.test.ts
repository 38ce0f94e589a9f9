import type { Step } from '../../lambda-src/rotation/admit';
import { Deadline } from '../../lambda-src/rotation/deadline';
import { NotificationError } from '../../lambda-src/rotation/errors';
import type { SecretVersion, SecretVersions } from '../../lambda-src/rotation/secret-versions';
import { Rotation } from '../../lambda-src/rotation/steps';
import type { SecretValues, Target } from '../../lambda-src/target';

const TOKEN = 'token';
const TOLD = 'tell of {"secretId":"secret","versionId":"token","previousVersionId":"old"}';

interface World {
  /** The staging labels that each read finds. The last ones are for all further reads. */
  readonly stages?: Record<string, string[]>[];
  readonly pending?: SecretVersion | false;
  readonly current?: SecretVersion | false;
  readonly promotes?: boolean;
  readonly derived?: boolean;
  readonly setSecret?: (values: SecretValues) => Promise<void>;
  /** The result of the notification. */
  readonly told?: Error;
}

const STAGED = { old: ['AWSCURRENT'], [TOKEN]: ['AWSPENDING'] };
const PROMOTED = { old: ['AWSPREVIOUS'], [TOKEN]: ['AWSCURRENT'] };

const SUPERSEDED = {
  name: 'RotationSupersededError',
  message: 'AWSCURRENT moved to another version during this rotation, so the pending value is out of date and was not '
    + 'promoted. If the next rotation says that this one is not complete, remove AWSPENDING with UpdateSecretVersionStage (VersionStage AWSPENDING, '
    + 'RemoveFromVersionId token) and rotate again',
};

/** A rotation that records its calls to Secrets Manager and to the target. */
function rotate(step: Step, world: World = {}) {
  const calls: string[] = [];
  const stages = [...world.stages ?? [STAGED]];
  const find = (version: SecretVersion | false | undefined, versionId: string) =>
    version === false ? undefined : version ?? { versionId, value: `value of ${versionId}` };
  const versions: Partial<SecretVersions> = {
    describe: async () => {
      calls.push('describe');
      return { deleted: false, rotationEnabled: true, stages: new Map(Object.entries(stages.length > 1 ? stages.shift()! : stages[0])) };
    },
    pending: async () => { calls.push('pending'); return find(world.pending, TOKEN); },
    current: async () => { calls.push('current'); return find(world.current, 'old'); },
    promote: async (from) => { calls.push(`promote from ${from}`); return world.promotes ?? true; },
  };
  const use = (name: string) => async (values: SecretValues) => { calls.push(`${name}: ${await values.pending()}`); };
  const target: Target = {
    createValue: async () => { throw new Error('not here'); },
    validate: (value) => { calls.push(`validate: ${value}`); },
    isDerived: (pending, current) => { calls.push(`isDerived: ${pending}, ${current}`); return world.derived ?? true; },
    setSecret: world.setSecret ?? use('setSecret'),
    testSecret: use('testSecret'),
  };
  const sleeps: number[] = [];
  const deadline = new Deadline(() => 30_000, async (milliseconds) => { sleeps.push(milliseconds); });
  const rotation = new Rotation({ SecretId: 'secret', ClientRequestToken: TOKEN, Step: step }, versions as SecretVersions, target, {}, deadline, async (promotion) => {
    calls.push(`tell of ${JSON.stringify(promotion)}`);
    if (world.told) { throw world.told; }
  });
  return { calls, sleeps, outcome: rotation.run() };
}

test.each([['setSecret', 'set'], ['testSecret', 'tested']] as const)('%s gives the pending value to the target, and does nothing else', async (step, expected) => {
  const { calls, outcome } = rotate(step);
  expect(await outcome).toBe(expected);
  expect(calls).toEqual(['describe', 'pending', `${step}: value of token`]);
});

test('finishSecret reads both values, moves the label from the version that has it, and then publishes the promotion', async () => {
  const { calls, outcome } = rotate('finishSecret');
  expect(await outcome).toBe('promoted');
  expect(calls).toEqual(['describe', 'pending', 'validate: value of token', 'current', 'isDerived: value of token, value of old', 'promote from old', TOLD]);
});

test.each(['createSecret', 'setSecret', 'testSecret'] as const)('%s of the current version reads once', async (step) => {
  const { calls, outcome } = rotate(step, { stages: [PROMOTED] });
  expect(await outcome).toBe('alreadyCurrent');
  expect(calls).toEqual(['describe']);
});

test.each([[PROMOTED, TOLD], [{ [TOKEN]: ['AWSCURRENT'] }, 'tell of {"secretId":"secret","versionId":"token"}']])(
  'cases 49, 59: finishSecret of the current version publishes the promotion again, and does nothing else: %j', async (stages, told) => {
    const { calls, outcome } = rotate('finishSecret', { stages: [stages as Record<string, string[]>] });
    expect(await outcome).toBe('alreadyCurrent');
    expect(calls).toEqual(['describe', told]);
  });

test.each([[STAGED], [PROMOTED]])('finishSecret fails if the notification fails, so that it is retried: %j', async (stages) => {
  const told = new NotificationError('nobody');
  await expect(rotate('finishSecret', { stages: [stages as Record<string, string[]>], told }).outcome).rejects.toBe(told);
});

test.each(['setSecret', 'testSecret', 'finishSecret'] as const)('case 31: %s fails if the pending version has no value', async (step) => {
  const { outcome, sleeps } = rotate(step, { pending: false });
  await expect(outcome).rejects.toMatchObject({
    name: 'PendingValueMissingError',
    message: 'Version token has the staging label AWSPENDING and no value. Secrets Manager retries the rotation, from createSecret',
  });
  expect(sleeps).toHaveLength(5);
});

describe('finishSecret', () => {
  test('case 62: fails if the pending value was not made from the current one', async () => {
    const { calls, outcome } = rotate('finishSecret', { derived: false });
    await expect(outcome).rejects.toMatchObject(SUPERSEDED);
    expect(calls).not.toContain('promote from old');
  });

  const at = (versionId: string, time?: number): SecretVersion => ({ versionId, value: 'value', createdDate: time === undefined ? undefined : new Date(time) });
  test('case 62: fails if the pending value is older than the current one', async () => {
    const { calls, outcome } = rotate('finishSecret', { pending: at(TOKEN, 1_000), current: at('old', 1_001) });
    await expect(outcome).rejects.toMatchObject(SUPERSEDED);
    expect(calls).not.toContain('promote from old');
  });

  test.each([[1_001, 1_000], [1_000, 1_000], [undefined, 1_000], [1_000, undefined], [undefined, undefined]])(
    'promotes a pending value made at %p if the current one was made at %p', async (pending, current) => {
      expect(await rotate('finishSecret', { pending: at(TOKEN, pending), current: at('old', current) }).outcome).toBe('promoted');
    });

  test.each([['can not be read', false], ['is read as another than is described', at('other')]] as const)('fails if the current value %s', async (_, current) => {
    const { calls, outcome, sleeps } = rotate('finishSecret', { current });
    await expect(outcome).rejects.toMatchObject({
      name: 'NoCurrentVersionError',
      message: 'The value of version old, which has the staging label AWSCURRENT, can\'t be read. If it changed just now, Secrets Manager retries the rotation; '
        + 'otherwise give AWSCURRENT to the version that works',
    });
    expect(sleeps).toHaveLength(5);
    expect(calls).not.toContain('promote from old');
  });

  test('case 52: succeeds if the label has moved already', async () => {
    const { calls, outcome, sleeps } = rotate('finishSecret', { promotes: false, stages: [STAGED, STAGED, PROMOTED] });
    expect(await outcome).toBe('promoted');
    expect(calls.slice(-4)).toEqual(['promote from old', 'describe', 'describe', TOLD]);
    expect(sleeps).toEqual([100]);
  });

  test('case 62: fails if the label is on another version', async () => {
    const { calls, outcome, sleeps } = rotate('finishSecret', { promotes: false });
    await expect(outcome).rejects.toMatchObject(SUPERSEDED);
    expect(calls).not.toContain(TOLD);
    expect(sleeps).toHaveLength(5);
  });
});

describe('admission', () => {
  test('reads again if a description may lag', async () => {
    const { calls, outcome, sleeps } = rotate('setSecret', { stages: [{ old: ['AWSCURRENT'] }, { [TOKEN]: ['AWSPENDING'] }, STAGED] });
    expect(await outcome).toBe('set');
    expect(calls.slice(0, 4)).toEqual(['describe', 'describe', 'describe', 'pending']);
    expect(sleeps).toEqual([100, 200]);
  });

  test('ends with the result of the last read', async () => {
    const { outcome } = rotate('setSecret', { stages: [...Array<Record<string, string[]>>(5).fill({}), { [TOKEN]: ['AWSPENDING'] }] });
    await expect(outcome).rejects.toMatchObject({ name: 'NoCurrentVersionError' });
  });
});

describe('checkInProgress', () => {
  const check = (stages: Record<string, string[]>[]) => rotate('setSecret', { stages, setSecret: (values) => values.checkInProgress() }).outcome;

  test('lets a rotation go on whose labels are where they were', async () => {
    expect(await check([STAGED])).toBe('set');
  });

  test('ends a rotation whose AWSCURRENT moved to another version', async () => {
    await expect(check([STAGED, { old: ['AWSPREVIOUS'], other: ['AWSCURRENT'], [TOKEN]: ['AWSPENDING'] }])).rejects.toMatchObject(SUPERSEDED);
  });

  test('succeeds if another copy promoted the version', async () => {
    expect(await check([STAGED, PROMOTED])).toBe('alreadyCurrent');
  });
});
