/*
 * `npm run accept:servers` runs the suite on the database servers that the tests have, interrupts it at random points, and looks for what is left
 * behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PASSWORD_VARIABLE } from './address';
import { NAME } from './dialect';
import { startMariaDb, startMySql, startPostgres, type DatabaseServer } from '../../servers';
import { connect } from '../../servers/clients';
import { runTasks, startCommand } from '../../tools/command';
import { ROOT } from '../../tools/run';

/** The first three unless others are asked for. */
const SERVERS = [
  { name: 'PostgreSQL 18', start: () => startPostgres({ settings: { scram_iterations: 1 } }), strategies: 4 },
  { name: 'MySQL 8.0', start: () => startMySql(), strategies: 5 },
  { name: 'MariaDB 11.8', start: () => startMariaDb(), strategies: 4 },
  { name: 'PostgreSQL 15', start: () => startPostgres({ version: '15' }), strategies: 4 },
  { name: 'MySQL 9.7', start: () => startMySql({ version: '9.7' }), strategies: 5 },
  { name: 'MariaDB 10.11', start: () => startMariaDb({ version: '10.11' }), strategies: 4 },
];
/** A row of the report with the numbers of a strategy. */
const STRATEGY = /^\| [^|]+(?: \| \d+){5} \|$/gm;
/** How many runs are interrupted, over all servers. */
const INTERRUPTIONS = 10;
/** The latest interruption, in milliseconds. A run takes longer. */
const LATEST = 8_000;
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

interface Ended {
  readonly code: number | null;
  readonly report: string;
  readonly said: string;
}

/** The command, as a user starts it, but without npm. */
class Run {
  private readonly child: ChildProcess;
  private readonly output = { report: '', said: '' };

  constructor(server: DatabaseServer, caFile: string, ...options: string[]) {
    const url = `${server.engine}://${server.admin.username}@${server.host}:${server.port}`;
    this.child = spawn(process.execPath, [...process.execArgv, join(__dirname, 'main.ts'), server.engine, url, `--ca=${caFile}`, '--yes', ...options], {
      cwd: ROOT, env: { ...process.env, [PASSWORD_VARIABLE]: server.admin.password }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => { this.output.report += text; });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.output.said += text; });
  }

  public async end(): Promise<Ended> {
    const [code] = await once(this.child, 'close') as [number | null];
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

/** Everything on the server that the suite may have made, also the roles that a rotation makes in MariaDB. */
async function contentsOf(server: DatabaseServer): Promise<string> {
  const client = await connect(server, { login: server.root });
  try {
    const names = async (sql: string) => (await client.query(sql)).map((row) => String(Object.values(row)[0]));
    const found = server.engine === 'postgres'
      ? [...await names('SELECT datname FROM pg_database'), ...await names('SELECT rolname FROM pg_roles'), ...await names('SELECT setconfig::text FROM pg_db_role_setting')]
      : [...await names('SHOW DATABASES'), ...await names('SELECT CONCAT(User, \'@\', Host) FROM mysql.user'), ...await names('SELECT CONCAT(User, Db) FROM mysql.db')];
    return found.sort().join('\n');
  } finally {
    await client.close();
  }
}

/** Waits for the server: the end of a connection's process takes it a moment, and a killed run removes nothing itself. */
async function isLike(server: DatabaseServer, before: string): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (await contentsOf(server) === before) { return true; }
    await sleep(50);
  }
  return false;
}

/** Numbers from 0 to 1 that a seed decides. */
function randomNumbers(seed: number): () => number {
  let count = 0;
  return () => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE() / 2 ** 32;
}

async function main(seed: number, only: string | undefined, every: string): Promise<void> {
  const random = randomNumbers(seed);
  const folder = mkdtempSync(join(tmpdir(), 'accept-'));
  const failures: string[] = [];
  const say = (line: string) => { process.stdout.write(`${line}\n`); };
  const check = (holds: boolean, what: string, detail = '') => {
    say(`  ${holds ? 'ok' : 'FAILED'}: ${what}`);
    if (!holds) { failures.push(`${what}\n${detail}`); }
  };
  say(`seed ${seed}`);
  const chosen = only === undefined ? SERVERS.slice(0, 3) : SERVERS.filter(({ name }) => name.includes(only));
  for (const [index, { name, start, strategies }] of chosen.entries()) {
    const server = await start();
    try {
      say(name);
      const caFile = join(folder, `${index}.pem`);
      writeFileSync(caFile, server.ca);
      const before = await contentsOf(server);
      const begin = () => new Run(server, caFile, `--every=${every}`);
      const times = Math.ceil((INTERRUPTIONS - index) / chosen.length);
      for (let time = 0; time < times; time++) {
        const signal = (Object.keys(SIGNALS) as (keyof typeof SIGNALS)[])[Math.floor(random() * 3)];
        const delay = Math.floor(random() * LATEST);
        const run = begin();
        await run.begun();
        await sleep(delay);
        run.kill(signal);
        const { code, said } = await run.end();
        check(code === 128 + SIGNALS[signal] && await isLike(server, before), `${signal} after ${delay} ms, and nothing is left`, said);
      }
      const killed = begin();
      // A session of ours before that would be one of another user, which the suite refuses.
      await killed.begun();
      while (killed.isRunning && await contentsOf(server) === before) { await sleep(20); }
      await sleep(random() * LATEST / 2);
      killed.kill('SIGKILL');
      await killed.end();
      check(await contentsOf(server) !== before, 'SIGKILL, and something is left');
      const { code, report, said } = await begin().end();
      check(/^Removed what an earlier run left: /m.test(said), 'the next run removes it', said);
      check(code === 0, 'accepted', `${said}${report}`);
      check([...report.matchAll(STRATEGY)].length === strategies, `with ${strategies} strategies`, report);
      check(![server.admin.password, server.admin.username, 'localhost'].some((text) => report.includes(text)), 'the report has no password, user or host', report);
      check(await isLike(server, before), 'nothing is left', await contentsOf(server));
      for (const [line] of report.matchAll(STRATEGY)) { say(`    ${line}`); }
    } finally {
      await server.stop();
    }
  }
  rmSync(folder, { recursive: true });
  for (const failure of failures) { process.stderr.write(`\nFAILED: ${failure}\n`); }
  say(failures.length === 0 && chosen.length > 0 ? 'All passed' : `${failures.length} failed`);
  process.exitCode = failures.length === 0 && chosen.length > 0 ? 0 : 1;
}

const { values: { seed = String(Date.now() % 1_000_000), only, every = '29' } } = startCommand({
  name: 'accept:servers',
  description: 'Run the acceptance suite on the servers of the tests, and interrupt it at random points; takes minutes',
  options: { seed: { type: 'string' }, only: { type: 'string' }, every: { type: 'string' } },
  usage: { '--seed=N': 'repeat a failure', '--only=TEXT': 'servers with this text in their name, in place of one of each kind', '--every=N': 'stop the rotation at each n-th call; 29 by default' },
});
if (!/^\d+$/.test(seed) || !/^[1-9]\d*$/.test(every)) {
  process.stderr.write('--seed and --every have to be whole numbers\n');
  process.exit(2);
}
runTasks(['databases']);
void main(Number(seed), only, every);
