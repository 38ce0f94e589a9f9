/* `npm run accept -- TARGET URL` tries rotations on a server of your own. docs/acceptance.md is its page. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, parseAddress, PASSWORD_VARIABLE, readPassword, type PublicAddress } from './address';
import { newPrefix, prefixesOf, type Address, type Owner } from './kind';
import { KINDS, kindOf } from './kinds';
import { takeLock } from './lock';
import { signsOfProduction } from './production';
import { failuresOf, hasPassed, reportOf, without } from './report';
import type { Message, Result } from './results';
import { UsageError } from './usage-error';
import type { Task } from './worker';
import { MAX_PORT } from '../../src/targets/contract';
import { startCommand } from '../../tools/command';
import { ROOT } from '../../tools/run';
import { DATABASE_CASES } from '../proof/cases';
import { progressEvery } from '../proof/progress';

const EVERY_BOUNDARY = 11;
/** For a statement that the worker had sent before it ended, in milliseconds. */
const SESSION_TIMEOUT = 30_000;
/** The same if the server doesn't show its sessions. */
const SETTLING = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const say = (line: string) => { process.stderr.write(`${line}\n`); };

/** Why the command ends before its end. */
class Interrupted extends Error {
  constructor(public readonly signal: typeof SIGNALS[number]) { super(signal); }
}

/** The signal that came, if one did. */
let signal: typeof SIGNALS[number] | undefined;
let worker: ChildProcess | undefined;
/** Whether there may be something to remove. */
let hasBegun = false;

function listen(): void {
  for (const each of SIGNALS) {
    process.on(each, () => {
      signal ??= each;
      if (!hasBegun) { process.exit(codeOf(each)); }
      say(`${each}: ending. What was made is removed first`);
      worker?.kill('SIGKILL');
    });
  }
}

const codeOf = (each: typeof SIGNALS[number]) => 128 + constants.signals[each];

function throwIfInterrupted(): void {
  if (signal !== undefined) { throw new Interrupted(signal); }
}

/** Removes what a run has left. Waits until nothing uses it: a statement that was sent is executed even if its sender ended. */
async function remove(owner: Owner, prefix: string): Promise<string[]> {
  const removed: string[] = [];
  const end = Date.now() + SESSION_TIMEOUT;
  let isSettled = !worker?.signalCode;
  for (;;) {
    let failure: unknown;
    try {
      const sessions = await owner.sessions?.(prefix);
      if (sessions === undefined && !isSettled) { await sleep(SETTLING); }
      isSettled = true;
      if ((sessions ?? 0) === 0) {
        removed.push(...await owner.remove(prefix));
        return removed;
      }
    } catch (error) {
      failure = error;
    }
    if (Date.now() > end) { throw failure ?? new UsageError(`Sessions still use what begins with ${prefix}, so it was not removed. End them, and run this command again`); }
    await sleep(50);
  }
}

/** Removes what earlier runs have left. */
async function removeLeftovers(owner: Owner, own: string): Promise<void> {
  const left: string[] = [];
  for (const prefix of prefixesOf(await owner.names())) {
    if (prefix !== own) { left.push(...await remove(owner, prefix)); }
  }
  if (left.length > 0) { say(`Removed what an earlier run left: ${left.join(', ')}`); }
}

async function runWorker(task: Task): Promise<Result[]> {
  const results: Result[] = [];
  const tell = progressEvery(say);
  const child = fork(join(__dirname, 'worker.ts'), [], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  worker = child;
  const ended = once(child, 'exit');
  let isDone = false;
  child.on('message', (message: Message) => {
    if (message.kind === 'end') { isDone = true; } else if (message.kind === 'progress') { tell(message.done); } else { results.push(message); }
  });
  throwIfInterrupted();
  child.send(task);
  await ended;
  throwIfInterrupted();
  if (!isDone) { throw new Error('The process with the cases ended before its end'); }
  return results;
}

async function main(given: PublicAddress, options: { yes: boolean; production: boolean; every: number; report?: string }): Promise<number> {
  const { username, target, ...rest } = given;
  const address: Address = { ...rest, admin: { username, password: await readPassword(username) } };
  const names = [address.host, username, ...address.database === kindOf(target).database ? [] : [address.database]];
  const hide = (text: string) => without(text, { names, password: address.admin.password });
  const start = performance.now();
  const owner = await kindOf(target).connect(address).catch((error: Error & { code?: string | number }) => {
    if (error instanceof UsageError) { throw error; }
    throw new UsageError(`No session: ${hide(`${error.code ?? error.name} ${error.message}`)}`);
  });
  try {
    const product = await owner.product().catch(refused);
    const sessions = await owner.otherSessions().catch(refused);
    // Sessions of a run that was killed may not have ended yet. The lock keeps out the others.
    const foreign = sessions?.filter((name) => prefixesOf([name]).length === 0) ?? [];
    const signs = signsOfProduction(address.host, await owner.databases().catch(refused), foreign);
    if (signs.length > 0 && !options.production) {
      throw new UsageError(`The server looks like one that people depend on: ${signs.join('; ')}. Use another server, or add --production if this is a mistake`);
    }
    const prefix = newPrefix();
    say(`${product} at ${address.host}:${address.port}, as ${username}${signs.length > 0 ? `. ${signs.join('; ')}` : ''}`);
    if (sessions === undefined) { say(`The server doesn't show ${username} the sessions of other users. See yourself that nobody depends on it.`); }
    say(`This creates users and the like, all with names that begin with ${prefix}, rotates their passwords for some minutes, and removes them.`);
    if (!options.yes) {
      if (!process.stdin.isTTY) { throw new UsageError('There is no terminal to ask on. Add --yes to begin without a question'); }
      if (!/^y(es)?$/i.test(await ask('Begin? [y/N] '))) { throw new UsageError('Nothing was done'); }
    }
    hasBegun = true;
    const results = await tryOn(owner, { address, target, prefix, seed: randomBytes(32).toString('hex'), everyBoundary: options.every });
    const report = reportOf({
      product,
      target,
      version: versionOf(),
      results: results.map((one) => ({ ...one, ...'failure' in one && one.failure !== undefined ? { failure: hide(one.failure) } : {} })),
      seconds: (performance.now() - start) / 1000,
      loginCases: DATABASE_CASES,
    });
    if (options.report === undefined) { process.stdout.write(report); } else { writeFileSync(options.report, report); }
    for (const failed of failuresOf(results)) { say(`FAILED: ${failed.strategy}, ${failed.kind === 'stops' ? 'stopped at calls' : `case ${failed.numbers.join(', ')}`}`); }
    return hasPassed(results) ? 0 : 1;
  } finally {
    await owner.close().catch(() => {});
  }
}

/** Without the text of the server, which may quote a statement. */
function refused(error: Error & { code?: string | number }): never {
  if (error instanceof UsageError) { throw error; }
  throw new UsageError(`The server refuses what this suite needs, with ${error.code ?? error.name}. docs/acceptance.md has the rights of the user`);
}

/** One run, and the removal of all that it made. */
async function tryOn(owner: Owner, task: Task): Promise<Result[]> {
  const lock = await takeLock(owner, task.prefix).catch(refused);
  if (!lock) { throw new UsageError('Another run of this command uses the server. Wait for its end'); }
  let results: Result[];
  try {
    await removeLeftovers(owner, task.prefix);
    throwIfInterrupted();
    await owner.make(task).catch(refused);
    throwIfInterrupted();
    results = await runWorker(task);
  } finally {
    await lock.release();
    await remove(owner, task.prefix);
    say('Removed the users and all else.');
  }
  throwIfInterrupted();
  return results;
}

function versionOf(): string {
  try {
    return `at commit ${execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()}`;
  } catch {
    return 'of an unknown commit';
  }
}

const { values, positionals: [target = '', url = ''] } = startCommand({
  name: 'accept',
  description: 'Try rotations on a server of your own, with users that it makes and removes, and print a report',
  options: { 'ca': { type: 'string' }, 'yes': { type: 'boolean' }, 'production': { type: 'boolean' }, 'every': { type: 'string' }, 'report': { type: 'string' }, 'management-port': { type: 'string' } },
  usage: {
    'TARGET': Object.keys(KINDS).join(', '),
    'URL': `the server and a user who may create users and databases, such as postgres://admin@db.example.com:5432. Its password is in ${PASSWORD_VARIABLE}, or asked for`,
    '--ca=FILE': 'the authority of the server\'s certificate, as PEM. By default those of Amazon RDS for its hosts, and those of Node.js for others',
    '--management-port=N': 'the port of RabbitMQ\'s management API. By default 15671, and 443 for hosts of Amazon MQ',
    '--yes': 'begin without a question',
    '--production': 'also on a server that looks like one that people depend on',
    '--every=N': `stop the rotation at each n-th call, with 1 at all; ${EVERY_BOUNDARY} unless told otherwise`,
    '--report=FILE': 'write the report there instead of the standard output',
  },
  maxArguments: 2,
  minArguments: 2,
});

/** @throws UsageError if it isn't the number of a port */
function portOf(text: string | undefined): number | undefined {
  const port = text === undefined ? undefined : Number(text);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port <= MAX_PORT)) { throw new UsageError(`--management-port has to be a whole number from 1 to ${MAX_PORT}, got ${text}`); }
  return port;
}

async function run(): Promise<number> {
  const { ca, yes = false, production = false, every = String(EVERY_BOUNDARY), report, 'management-port': managementPort } = values;
  try {
    if (!/^[1-9]\d*$/.test(every)) { throw new UsageError(`--every has to be a whole number from 1 on, got ${every}`); }
    const address = { ...parseAddress(target, url, ca), managementPort: portOf(managementPort) };
    return await main(address, { yes, production, every: Number(every), report });
  } catch (error) {
    if (error instanceof Interrupted) { return codeOf(error.signal); }
    if (!(error instanceof UsageError)) { throw error; }
    say(error.message);
    return 2;
  }
}

listen();
void run().then((code) => process.exit(code));
