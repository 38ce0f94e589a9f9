/* Cases of the rotation contract that are the same for OpenLDAP and Active Directory. The tests of each have their titles. */
import { inspect } from 'node:util';
import type { DirectoryHarness } from './harness';
import { RotationError } from '../../../lambda-src/rotation/errors';
import type { Connect } from '../../../lambda-src/targets/directory/connection';
import type { StartedRotation } from '../../../simulator';
import { failure } from '../../harness';

/** A server that can be stopped in the middle. */
interface Server {
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Checks that a step failed as it must: a named error that says what to do, and no value in it or in the log. */
export async function fails(h: DirectoryHarness, step: Promise<void>, name: string, text: RegExp): Promise<void> {
  const error = await failure(step);
  expect(error).toBeInstanceOf(RotationError);
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*(?:${text.source})`));
  expect(error.message).toMatch(/\. [A-Z]/);
  expectNothingSaid(h, inspect(error, { depth: 9, showHidden: true }));
}

export function expectNothingSaid(h: DirectoryHarness, ...said: string[]): void {
  const all = [...said, ...h.log.map((line) => JSON.stringify(line))].join('\n');
  for (const value of [...h.passwords, ...h.names]) { expect(all).not.toContain(value); }
}

export async function created(h: DirectoryHarness): Promise<StartedRotation> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  return rotation;
}

/** Case 24. */
export async function sendsNothingElsewhere(make: () => Promise<DirectoryHarness>, password: string, otherUser: string): Promise<void> {
  for (const changes of [{ host: 'elsewhere.invalid' }, { username: otherUser }, { port: 1 }]) {
    const h = await make();
    const rotation = h.start();
    const SecretString = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password, ...changes });
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
    await fails(h, h.step(rotation, 'setSecret'), 'SecretMismatchError', /differs from the current one/);
    await fails(h, h.step(rotation, 'testSecret'), 'SecretMismatchError', /"host" and "port" differ|not that of the current one/);
    expect(h.sent).toEqual([]);
  }
}

/** Case 27. */
export async function ignoresUnreadablePrevious(h: DirectoryHarness): Promise<void> {
  await h.rotate();
  const rotation = await created(h);
  const versionId = h.secret.stages.AWSPREVIOUS;
  h.simulator.intercept = ({ operation, phase, input }) => {
    if (operation === 'GetSecretValue' && phase === 'before' && input.VersionId === versionId) {
      throw Object.assign(new Error('refused'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 }, $fault: 'client' });
    }
  };
  await h.steps(rotation, 'setSecret', 'testSecret');
  expect(await h.isAccepted('AWSPENDING')).toBe(true);
}

/** Case 31. */
export async function needsPendingValue(h: DirectoryHarness): Promise<void> {
  await fails(h, h.step(h.start(), 'setSecret'), 'PendingValueMissingError', /AWSPENDING/);
  expect(h.sent).toEqual([]);
}

/** For case 33: a connection to a server that hangs from then on. */
export function pausedAfterConnecting<Connection>(server: Server): (connect: Connect<Connection>) => Connect<Connection> {
  return (connect) => async (...login) => {
    const connection = await connect(...login);
    server.pause();
    return connection;
  };
}

/** Case 33. */
export async function endsInTime(h: DirectoryHarness, server: Server): Promise<void> {
  await isGivenUp(h, await created(h), server);
}

async function isGivenUp(h: DirectoryHarness, rotation: StartedRotation, server: Server): Promise<void> {
  h.remaining = 3_000;
  await fails(h, h.step(rotation, 'setSecret'), '(ConnectivityError|StepTimeoutError)', /time/);
  server.resume();
  h.remaining = 30_000;
}

/** For case 56: the reply to the first write is lost. */
export function firstReply(): { readonly lose: (write: Promise<void>) => Promise<void>; readonly isLost: boolean } {
  let isLost = false;
  return {
    lose: async (write) => {
      await write;
      if (isLost) { return; }
      isLost = true;
      throw new Error('the connection was lost');
    },
    get isLost() { return isLost; },
  };
}

/** Case 65. `make` runs its parameter after every login. */
export async function isOverWhenGivenUp(make: (inside: () => Promise<void>) => Promise<DirectoryHarness>): Promise<void> {
  let inside = () => Promise.resolve();
  const h = await make(() => inside());
  const rotation = await created(h);
  let next = rotation;
  inside = async () => {
    inside = () => Promise.resolve();
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: rotation.token });
    h.simulator.completeRotation(h.arn);
    next = await created(h);
  };
  await failure(h.step(rotation, 'setSecret', h.makeHandler()));
  expect(h.sent.every(({ operation }) => operation === 'bind')).toBe(true);
  await h.steps(next, 'setSecret', 'testSecret', 'finishSecret');
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
}

/** A copy of the function writes nothing after its rotation, and the next one. `make` runs its parameter after every login. */
export async function writesNothingLater(make: (inside: () => Promise<void>) => Promise<DirectoryHarness>, write: string): Promise<void> {
  let inside = () => Promise.resolve();
  const h = await make(() => inside());
  const rotation = await created(h);
  inside = async () => {
    inside = () => Promise.resolve();
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    h.simulator.completeRotation(h.arn);
    await h.rotate();
  };
  await failure(h.step(rotation, 'setSecret', h.makeHandler()));
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  expect(h.sent.filter(({ operation }) => operation === write)).toHaveLength(2);
}

/** For case 78: the server hangs at the first of all writes. */
export function pausingAtFirstWrite(server: Server): <T extends unknown[]>(write: (...args: T) => Promise<void>) => (...args: T) => Promise<void> {
  let isFirst = true;
  return (write) => async (...args) => {
    if (isFirst) { server.pause(); }
    isFirst = false;
    return write(...args);
  };
}

/** Case 78. */
export async function detectsLateChange(h: DirectoryHarness, server: Server): Promise<void> {
  const rotation = await created(h);
  await isGivenUp(h, rotation, server);
  await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
  h.simulator.completeRotation(h.arn);
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
}

/** For case 92: the server is killed after a write. */
export function killing(server: Server): (write: Promise<void>) => Promise<void> {
  return async (write) => {
    await write;
    await server.kill();
    await server.restart();
  };
}

/** Case 92. */
export async function keepsWrites(h: DirectoryHarness, isPreviousAccepted: boolean): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(await h.isAccepted('AWSPREVIOUS')).toBe(isPreviousAccepted);
  }
}
