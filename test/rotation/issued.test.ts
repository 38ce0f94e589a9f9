/*
 * The rotation contract for credentials that a server issues, with the shipped target for access keys of IAM. The proof tests the same at every
 * boundary and in every order.
 */
import { issuedKey, IssuingServer, type Key } from '../../servers/stand-ins/issuing-server';
import { connectionReset, eventOf, type StartedRotation } from '../../simulator';
import { CONFIG_VARIABLE } from '../../src/contract';
import { failure, Harness } from '../harness';
import { accessKeyTarget } from '../proof/issued-target';
import { ISSUE, type Perform } from '../proof/subjects';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const FIRST: Key = { id: 'FIRST', secret: 'first-half-shown-long-ago' };
const WITHOUT = '{"user":"app"}';
const WITH = JSON.stringify({ user: 'app', accessKeyId: FIRST.id, secretAccessKey: FIRST.secret });

afterEach(() => { delete process.env[CONFIG_VARIABLE]; });

interface Options {
  readonly isExclusive?: boolean;
  readonly value?: string;
  readonly foreign?: readonly string[];
}

function issuing({ isExclusive = true, value = WITH, foreign = [] }: Options = {}) {
  const server = new IssuingServer(value === WITH ? [FIRST] : [], foreign);
  const calls: string[] = [];
  const perform: Perform = async (operation, _, work) => {
    calls.push(operation);
    return work();
  };
  const h = new Harness({ value, makeTarget: () => accessKeyTarget(server, perform, isExclusive) });
  h.simulator.intercept = ({ operation, phase }) => { if (phase === 'before') { calls.push(operation); } };
  const ids = () => server.list().map(({ id }) => id);
  const rotate = async (): Promise<StartedRotation> => {
    server.elapse();
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    h.simulator.completeRotation(h.arn);
    return rotation;
  };
  /** The function dies after the key is issued, and before Put. */
  const crash = async (): Promise<StartedRotation> => {
    const rotation = h.start();
    h.simulator.intercept = ({ operation }) => { if (operation === 'PutSecretValue') { throw connectionReset(); } };
    expect(await failure(h.step(rotation, 'createSecret'))).toMatchObject({ name: 'ConnectivityError' });
    h.simulator.intercept = undefined;
    return rotation;
  };
  return { h, server, calls, ids, rotate, crash, keyOf: (label: string) => issuedKey(h.value(label))?.id };
}

test('case 79: Put is the next call after the issue, and each version has one key', async () => {
  const { h, calls, ids, rotate, keyOf } = issuing();
  await rotate();
  expect(calls[calls.indexOf(ISSUE) + 1]).toBe('PutSecretValue');
  expect(calls.filter((call) => call === ISSUE)).toHaveLength(1);
  expect([keyOf('AWSPREVIOUS'), keyOf('AWSCURRENT')]).toEqual(['FIRST', 'KEY1']);
  expect(ids()).toEqual(['FIRST', 'KEY1']);
  expect(JSON.stringify(h.log)).not.toMatch(/half/);
});

describe('case 80: the function dies between the issue and Put', () => {
  test('case 80: the orphan is revoked if the user belongs to this secret alone', async () => {
    const { h, server, ids, crash, keyOf } = issuing();
    const rotation = await crash();
    expect(ids()).toEqual(['FIRST', 'KEY1']);
    server.elapse();
    await h.steps(rotation, ...STEPS);
    expect(keyOf('AWSCURRENT')).toBe('KEY2');
    expect(ids()).toEqual(['FIRST', 'KEY2']);
  });

  test('case 80: an orphan that another copy may be about to store is kept, and a later retry revokes it', async () => {
    const { h, ids, server, crash } = issuing();
    const rotation = await crash();
    expect(await failure(h.step(rotation, 'createSecret'))).toMatchObject({ name: 'TargetNotReadyError', message: expect.stringContaining('KEY1') });
    expect(ids()).toEqual(['FIRST', 'KEY1']);
    server.now += h.remaining + 60_000;
    expect(await failure(h.step(rotation, 'createSecret'))).toMatchObject({ name: 'TargetNotReadyError' });
    server.now += 1;
    await h.step(rotation, 'createSecret');
    expect(ids()).toEqual(['FIRST', 'KEY2']);
  });

  test('case 80: the step fails with the id of the orphan if others may use the user', async () => {
    const { h, server, ids, crash } = issuing({ isExclusive: false });
    const rotation = await crash();
    server.elapse();
    const error = await failure(h.step(rotation, 'createSecret'));
    expect(error).toMatchObject({ name: 'TargetRefusedError', message: expect.stringMatching(/access keys KEY1 of the user.*Delete them if they are not used/) });
    expect(ids()).toEqual(['FIRST', 'KEY1']);
    server.revokeByHand('KEY1');
    await h.steps(rotation, ...STEPS);
    expect(ids()).toEqual(['FIRST', 'KEY2']);
  });
});

describe('a key that no version has', () => {
  test('is not revoked if it was ever used, even if the user belongs to this secret alone', async () => {
    const { h, ids, server } = issuing({ foreign: ['INUSE'] });
    server.elapse();
    expect(await failure(h.step(h.start(), 'createSecret'))).toMatchObject({ name: 'TargetRefusedError', message: expect.stringMatching(/access keys INUSE of the user.*Delete them if they are not used/) });
    expect(ids()).toEqual(['FIRST', 'INUSE']);
  });

  test('is not named in the error if another copy may be about to store it, even if others may use the user', async () => {
    const { h, ids, crash } = issuing({ isExclusive: false });
    expect(await failure(h.step(await crash(), 'createSecret'))).toMatchObject({ name: 'TargetNotReadyError', message: expect.stringContaining('KEY1 are so new') });
    expect(ids()).toEqual(['FIRST', 'KEY1']);
  });
});

describe('case 81: two createSecret run with one token', () => {
  test('case 81: there is one value, and the copy that lost revokes its key', async () => {
    const { h, calls, ids, keyOf } = issuing({ value: WITHOUT });
    const rotation = h.start();
    await Promise.all([h.step(rotation, 'createSecret'), h.step(rotation, 'createSecret', h.makeHandler())]);
    expect(calls.filter((call) => call === ISSUE)).toHaveLength(2);
    expect(calls).toContain('revoke KEY2');
    expect(ids()).toEqual([keyOf('AWSPENDING')]);
    expect(h.log.map(({ outcome }) => outcome)).toEqual(['created', 'alreadyCreated']);
  });

  test('case 81: a key that was stored is kept if only the reply of Put is lost', async () => {
    const { h, ids, keyOf } = issuing();
    const rotation = h.start();
    h.simulator.intercept = ({ operation, phase }) => { if (operation === 'PutSecretValue' && phase === 'after') { throw connectionReset(); } };
    await failure(h.step(rotation, 'createSecret'));
    h.simulator.intercept = undefined;
    await h.steps(rotation, ...STEPS);
    expect(ids()).toEqual(['FIRST', 'KEY1']);
    expect(keyOf('AWSCURRENT')).toBe('KEY1');
  });
});

test('case 82: a foreign key leaves no room: the step fails with its id, and nothing is revoked', async () => {
  const { h, ids, server } = issuing({ isExclusive: false, foreign: ['FOREIGN'] });
  server.elapse();
  const rotation = h.start();
  expect(await failure(h.step(rotation, 'createSecret'))).toMatchObject({ name: 'TargetRefusedError', message: expect.stringContaining('FOREIGN') });
  expect(ids()).toEqual(['FIRST', 'FOREIGN']);
  expect(h.writes).toEqual([]);
});

test('case 83: the key of AWSPREVIOUS is revoked right before a third one would exist, and that of AWSCURRENT never is', async () => {
  const { h, calls, ids, rotate, keyOf } = issuing();
  await rotate();
  expect(calls.filter((call) => call.startsWith('revoke'))).toEqual([]);
  calls.length = 0;
  const rotation = h.start();
  expect(ids()).toEqual(['FIRST', 'KEY1']);
  await h.step(rotation, 'createSecret');
  expect(calls.slice(-3)).toEqual(['revoke FIRST', ISSUE, 'PutSecretValue']);
  await h.steps(rotation, ...STEPS);
  expect(calls.filter((call) => call.startsWith('revoke'))).toEqual(['revoke FIRST']);
  expect([keyOf('AWSPREVIOUS'), keyOf('AWSCURRENT')]).toEqual(ids());
});

test('case 83: AWSPREVIOUS and AWSCURRENT may have the same key, after the value was changed by hand', async () => {
  const { h, calls, rotate, ids } = issuing();
  h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: WITH.replace('"app"', '"app2"') });
  await rotate();
  expect(calls.filter((call) => call.startsWith('revoke'))).toEqual([]);
  expect(ids()).toEqual(['FIRST', 'KEY1']);
});

describe('AWSCURRENT lost its key, and readers use that of AWSPREVIOUS', () => {
  const lost = () => {
    const given = issuing({ isExclusive: false });
    given.h.simulator.perform('PutSecretValue', { SecretId: given.h.arn, SecretString: WITHOUT });
    return given;
  };

  test('it is revoked right before the pending key becomes the current one, and does not block the next rotation', async () => {
    const { h, calls, ids, server, rotate, keyOf } = lost();
    server.elapse();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    expect(ids()).toEqual(['FIRST', 'KEY1']);
    await h.step(rotation, 'finishSecret');
    expect(calls.slice(-2)).toEqual(['revoke FIRST', 'UpdateSecretVersionStage']);
    h.simulator.completeRotation(h.arn);
    await rotate();
    expect([keyOf('AWSPREVIOUS'), keyOf('AWSCURRENT')]).toEqual(['KEY1', 'KEY2']);
    expect(ids()).toEqual(['KEY1', 'KEY2']);
  });

  test('it is kept if its owner makes it the current one again meanwhile', async () => {
    const { h, ids, keyOf } = lost();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    const { AWSCURRENT, AWSPREVIOUS } = h.simulator.inspect(h.arn).stages;
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSCURRENT', MoveToVersionId: AWSPREVIOUS, RemoveFromVersionId: AWSCURRENT });
    await h.step(rotation, 'finishSecret');
    expect([keyOf('AWSPREVIOUS'), keyOf('AWSCURRENT')]).toEqual(['FIRST', 'KEY1']);
    expect(ids()).toEqual(['FIRST', 'KEY1']);
  });
});

test('an earlier version may have any value', async () => {
  const { h, ids, rotate } = issuing({ value: WITHOUT });
  for (const value of ['no JSON', WITHOUT]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: value }); }
  await rotate();
  expect(ids()).toEqual(['KEY1']);
});

test('an earlier version may have any value, also during the search for a key of a crash', async () => {
  const { h, ids, server, crash } = issuing({ value: WITHOUT });
  for (const value of ['no JSON', WITHOUT]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: value }); }
  const rotation = await crash();
  server.elapse();
  await h.steps(rotation, ...STEPS);
  expect(ids()).toEqual(['KEY2']);
});

test('no key is made for a value without room for one', async () => {
  const { h, calls } = issuing({ value: JSON.stringify({ note: 'x'.repeat(65_400) }) });
  expect(await failure(h.step(h.start(), 'createSecret'))).toMatchObject({ name: 'SecretValueError', message: expect.stringContaining('no room') });
  expect(calls).not.toContain(ISSUE);
});

describe('case 84: the new key is not accepted everywhere yet', () => {
  test('case 84: testSecret waits until it is accepted several times in a row', async () => {
    const { h, calls } = issuing();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    // Accepted, refused by the second node, and accepted five times.
    expect(calls.filter((call) => call === 'use a key')).toHaveLength(7);
    expect(h.sleeps).toEqual(Array(6).fill(500));
  });

  test('case 84: testSecret fails if that takes too long, and the retry continues', async () => {
    const { h, server } = issuing();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const use = jest.spyOn(server, 'use').mockReturnValue(false);
    expect(await failure(h.step(rotation, 'testSecret'))).toMatchObject({ name: 'TargetNotReadyError', message: expect.stringContaining('KEY1') });
    expect(use.mock.calls.length).toBe(240);
    use.mockRestore();
    await h.steps(rotation, ...STEPS);
  });
});

describe('a pending key that will not be accepted', () => {
  test('was deleted: the error says so', async () => {
    const { h, server } = issuing();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    server.revokeByHand('KEY1');
    expect(await failure(h.step(rotation, 'testSecret'))).toMatchObject({
      name: 'SecretMismatchError', message: expect.stringMatching(new RegExp(`KEY1 of AWSPENDING.*VersionStage AWSPENDING, RemoveFromVersionId ${rotation.token}\\)`)),
    });
  });

  test('exists: the error says in time what to do after a correction of the region', async () => {
    const { h, server } = issuing();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const use = jest.spyOn(server, 'use').mockImplementation(() => {
      h.remaining = use.mock.calls.length < 3 ? 30_000 : 3_500;
      return false;
    });
    expect(await failure(h.step(rotation, 'testSecret'))).toMatchObject({
      name: 'TargetNotReadyError', message: expect.stringMatching(new RegExp(`After a correction of region, remove AWSPENDING.*${rotation.token}`)),
    });
    expect(use).toHaveBeenCalledTimes(3);
  });
});

describe('case 85: the first rotation starts from a value without a credential', () => {
  test('case 85: it works, and the current version has the credential when finishSecret succeeds', async () => {
    const { h, keyOf, rotate, server } = issuing({ value: WITHOUT });
    await rotate();
    expect(keyOf('AWSCURRENT')).toBe('KEY1');
    expect(await server.accepts(h.value('AWSCURRENT'))).toBe(true);
    expect(h.log.at(-1)).toMatchObject({ step: 'finishSecret', outcome: 'promoted' });
    expect(h.value('AWSPREVIOUS')).toBe(WITHOUT);
    await rotate();
    expect([keyOf('AWSPREVIOUS'), keyOf('AWSCURRENT')]).toEqual(['KEY1', 'KEY2']);
  });

  test('case 85: testSecret alone accepts a copy of the value without a credential, and makes no call to the target', async () => {
    const { h, calls } = issuing({ value: WITHOUT });
    await h.step(h.start({ rotateImmediately: false }), 'testSecret');
    expect(h.log.at(-1)).toMatchObject({ outcome: 'tested' });
    expect(calls).not.toContain('use a key');
    expect(h.writes).toEqual([]);
  });

  test.each([WITHOUT, '{"user":"other"}'])('case 85: a value without a credential is never promoted: %s', async (pending) => {
    const { h } = issuing({ value: WITHOUT });
    const rotation = h.start();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString: pending, VersionStages: ['AWSPENDING'] });
    expect(await failure(h.step(rotation, 'createSecret'))).toMatchObject({ name: 'SecretValueError' });
    expect(await failure(h.step(rotation, 'finishSecret'))).toMatchObject({ name: 'SecretValueError' });
    const test = h.invoke(eventOf(rotation, 'testSecret'));
    if (pending === WITHOUT) { await test; } else { expect(await failure(test)).toMatchObject({ name: 'SecretValueError' }); }
  });
});

test('case 86: the current key was revoked by hand, and the rotation succeeds', async () => {
  const { server, ids, rotate, keyOf } = issuing();
  server.revokeByHand('FIRST');
  await rotate();
  expect(ids()).toEqual(['KEY1']);
  await rotate();
  server.revokeByHand('KEY2');
  await rotate();
  expect(keyOf('AWSCURRENT')).toBe('KEY3');
  expect(ids()).toEqual(['KEY3']);
});

test('AWSPREVIOUS and AWSCURRENT are both accepted after a rotation', async () => {
  const { h, server, rotate } = issuing();
  await rotate();
  expect(await Promise.all(['AWSPREVIOUS', 'AWSCURRENT'].map((label) => server.accepts(h.value(label))))).toEqual([true, true]);
});
