/*
 * `npm run accept:servers` runs the suite on the servers that the tests have, interrupts it at random points, and looks for what is left behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PASSWORD_VARIABLE } from './address';
import { NAME } from './kind';
import { OWN_SERVERS, type OwnServer, type Started } from './own-servers';
import { runTasks, startCommand } from '../../tools/command';
import { ROOT } from '../../tools/run';

/** A row of the report with the numbers of a strategy. */
const STRATEGY = /^\| [^|]+(?: \| \d+){5} \|$/gm;
/** How many runs on a server a signal interrupts. SIGKILL ends one more. */
const INTERRUPTIONS = 1;
const MANY_INTERRUPTIONS = 5;
/** How many servers are tried at a time. */
const LANES = 2;
/** The part of a run in which it is interrupted. */
const PART = 0.5;
/** The latest interruption, in milliseconds. */
const LATEST = 6_000;
/** How long a run takes until its first case, in seconds. */
const STARTING = 1.5;
/** How long a run may take, in milliseconds: the slowest with --long takes four minutes. */
const LONGEST = 600_000;
/** The latest SIGKILL after the first user was made, in milliseconds. */
const LATEST_KILL = 1_000;
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

interface Ended {
  readonly code: number | null;
  readonly report: string;
  readonly said: string;
}

/** The command, as a user starts it, but without npm. */
class Process {
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown[]>;
  private readonly output = { report: '', said: '' };

  constructor(target: string, { url, password, options = [] }: Started, caFile: string, every: string) {
    const given = [target, url, `--ca=${caFile}`, '--yes', `--every=${every}`, ...options];
    this.child = spawn(process.execPath, [...process.execArgv, join(__dirname, 'main.ts'), ...given], {
      cwd: ROOT, env: { ...process.env, [PASSWORD_VARIABLE]: password }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.closed = once(this.child, 'close');
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => { this.output.report += text; });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.output.said += text; });
  }

  public async end(): Promise<Ended> {
    const timer = setTimeout(() => {
      this.output.said += `It did not end in ${LONGEST / 60_000} minutes\n`;
      this.kill('SIGKILL');
    }, LONGEST);
    const [code] = await this.closed as [number | null];
    clearTimeout(timer);
    return { code, ...this.output };
  }

  /** Sends a signal, unless the run is over. */
  public kill(signal: NodeJS.Signals): void { this.child.kill(signal); }

  /** Waits until it has made something. */
  public async begun(): Promise<void> {
    while (!this.output.said.includes(NAME) && this.isRunning) { await sleep(5); }
  }

  public get isRunning(): boolean { return this.child.exitCode === null && this.child.signalCode === null; }
}

const contentsOf = async (server: Started) => (await server.contents()).sort().join('\n');

/** Waits for the server: the end of a connection's process takes it a moment, and a killed run removes nothing itself. */
async function isLike(server: Started, before: string): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (await contentsOf(server) === before) { return true; }
    await sleep(50);
  }
  return false;
}

/** Numbers from 0 to 1 that a seed decides. */
function randomNumbers(seed: string): () => number {
  let count = 0;
  return () => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE() / 2 ** 32;
}

interface Options {
  readonly seed: string;
  readonly every: string;
  readonly interruptions: number;
  readonly folder: string;
}

interface Tried {
  readonly lines: readonly string[];
  readonly failures: readonly string[];
}

/** Tries one server, and returns the lines to say and what failed. */
async function tryServer({ name, target, start, strategies }: OwnServer, { seed, every, interruptions, folder }: Options): Promise<Tried> {
  const random = randomNumbers(`${seed} ${name}`);
  const began = performance.now();
  const lines: string[] = [];
  const failures: string[] = [];
  const check = (holds: boolean, what: string, detail = '') => {
    lines.push(`  ${holds ? 'ok' : 'FAILED'}: ${what}`);
    if (!holds) { failures.push(`${name}: ${what}\n${detail}`); }
  };
  const server = await start();
  try {
    const caFile = join(folder, `${name.replace(/\W/g, '-')}.pem`);
    writeFileSync(caFile, server.ca);
    const before = await contentsOf(server);
    const begin = () => new Process(target, server, caFile, every);
    const killed = begin();
    // A session of ours before that would be one of another user, which the suite refuses.
    await killed.begun();
    while (killed.isRunning && await contentsOf(server) === before) { await sleep(20); }
    await sleep(random() * LATEST_KILL);
    killed.kill('SIGKILL');
    await killed.end();
    check(await contentsOf(server) !== before, 'SIGKILL, and something is left');
    const { code, report, said } = await begin().end();
    check(/^Removed what an earlier run left: /m.test(said), 'the next run removes it', said);
    check(code === 0, 'accepted', `${said}${report}`);
    check([...report.matchAll(STRATEGY)].length === strategies, `with ${strategies} strategies`, report);
    check(!server.hidden.some((text) => report.includes(text)), 'the report has no password, user or host', report);
    check(await isLike(server, before), 'nothing is left', await contentsOf(server));
    const seconds = [...report.matchAll(STRATEGY)].reduce((sum, [line]) => sum + Number(/(\d+) \|$/.exec(line)![1]), 0);
    const latest = Math.min((seconds + STARTING) * 1000 * PART, LATEST);
    for (let time = 0; time < interruptions; time++) {
      const signal = (Object.keys(SIGNALS) as (keyof typeof SIGNALS)[])[Math.floor(random() * 3)];
      const delay = Math.floor(random() * latest);
      const run = begin();
      await run.begun();
      await sleep(delay);
      run.kill(signal);
      const ended = await run.end();
      check(ended.code === 128 + SIGNALS[signal] && await isLike(server, before), `${signal} after ${delay} ms, and nothing is left`, ended.said);
    }
    for (const [line] of report.matchAll(STRATEGY)) { lines.push(`    ${line}`); }
  } finally {
    await server.stop();
  }
  return { lines: [`${name}, ${((performance.now() - began) / 1000).toFixed(0)} s`, ...lines], failures };
}

async function main(servers: readonly OwnServer[], options: Omit<Options, 'folder'>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'accept-'));
  const failures: string[] = [];
  const say = (line: string) => { process.stdout.write(`${line}\n`); };
  say(`seed ${options.seed}`);
  const waiting = [...servers];
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let server = waiting.shift(); server; server = waiting.shift()) {
      const { lines, failures: own } = await tryServer(server, { ...options, folder });
      lines.forEach(say);
      failures.push(...own);
    }
  }));
  rmSync(folder, { recursive: true });
  for (const failure of failures) { process.stderr.write(`\nFAILED: ${failure}\n`); }
  const hasPassed = failures.length === 0 && servers.length > 0;
  say(hasPassed ? 'All passed' : `${failures.length} failed`);
  process.exitCode = hasPassed ? 0 : 1;
}

const { values: { seed = String(Date.now() % 1_000_000), only, long = false, every = long ? '11' : '61' } } = startCommand({
  name: 'accept:servers',
  description: 'Run the acceptance suite on the servers of the tests, and interrupt it at random points; takes minutes',
  options: { seed: { type: 'string' }, only: { type: 'string' }, every: { type: 'string' }, long: { type: 'boolean' } },
  usage: {
    '--seed=N': 'repeat a failure',
    '--only=TEXT': 'servers with this text in their name, also further versions',
    '--every=N': 'stop the rotation at each n-th call; 61 by default, 11 with --long',
    '--long': 'all versions of the servers, and more interruptions and stops; takes a quarter of an hour',
  },
});
if (!/^\d+$/.test(seed) || !/^[1-9]\d*$/.test(every)) {
  process.stderr.write('--seed and --every have to be whole numbers\n');
  process.exit(2);
}
runTasks(['databases']);
const servers = OWN_SERVERS.filter(({ name, isFurther }) => only === undefined ? long || !isFurther : name.includes(only));
void main(servers, { seed, every, interruptions: long ? MANY_INTERRUPTIONS : INTERRUPTIONS });
