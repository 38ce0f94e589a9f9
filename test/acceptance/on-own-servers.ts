/*
 * `npm run accept:servers` runs the suite on the database servers that the tests have, interrupts it at random points, and looks for what is left
 * behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
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

const SERVERS = [
  { name: 'PostgreSQL 18', start: () => startPostgres({ settings: { scram_iterations: 1 } }) },
  { name: 'PostgreSQL 15', start: () => startPostgres({ version: '15', settings: { password_encryption: 'scram-sha-256' } }) },
  { name: 'MySQL 8.0', start: () => startMySql() },
  { name: 'MySQL 9.7', start: () => startMySql({ version: '9.7' }) },
  { name: 'MariaDB 11.8', start: () => startMariaDb() },
  { name: 'MariaDB 10.11', start: () => startMariaDb({ version: '10.11' }) },
];
/** How many runs are interrupted, over all servers. */
const INTERRUPTIONS = 10;
/** The end of a run is not much later, without an interruption. */
const LATEST = 12_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;

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
    while (!this.output.said.includes(NAME) && this.child.exitCode === null) { await sleep(5); }
  }
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

/** Numbers from 0 to 1 that a seed decides: mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6D2B79F5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

async function main(seed: number, only: string, every: string): Promise<void> {
  const random = randomNumbers(seed);
  const folder = mkdtempSync(join(tmpdir(), 'accept-'));
  const failures: string[] = [];
  const say = (line: string) => { process.stdout.write(`${line}\n`); };
  const check = (holds: boolean, what: string, detail = '') => {
    say(`  ${holds ? 'ok' : 'FAILED'}: ${what}`);
    if (!holds) { failures.push(`${what}${detail === '' ? '' : `\n${detail}`}`); }
  };
  say(`seed ${seed}`);
  const chosen = SERVERS.filter(({ name }) => name.includes(only));
  for (const [index, { name, start }] of chosen.entries()) {
    const server = await start();
    try {
      say(`${name}`);
      const caFile = join(folder, `${index}.pem`);
      writeFileSync(caFile, server.ca);
      const before = await contentsOf(server);
      const times = Math.ceil((INTERRUPTIONS - index) / chosen.length);
      for (let time = 0; time < times; time++) {
        const signal = SIGNALS[Math.floor(random() * SIGNALS.length)];
        const delay = Math.floor(random() * LATEST);
        const run = new Run(server, caFile, `--every=${every}`);
        await run.begun();
        await sleep(delay);
        run.kill(signal);
        const { code, said } = await run.end();
        const what = `${name}: ${signal} after ${delay} ms`;
        if (signal === 'SIGKILL') {
          // The worker has ended too, or ends now. The next run removes what is left.
          continue;
        }
        check(code === 128 + { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }[signal] && await isLike(server, before), `${what}, nothing is left`, said);
      }
      const { code, report, said } = await new Run(server, caFile, `--every=${every}`).end();
      check(code === 0, `${name}: accepted`, `${said}${report}`);
      check(!report.includes(server.admin.password) && !report.includes('localhost'), `${name}: the report has no password and no host`);
      check(await isLike(server, before), `${name}: nothing is left`, `${before}\n\n${await contentsOf(server)}`);
      say(report.split('\n').filter((line) => /^\| .*\d+ \|$/.test(line)).map((line) => `    ${line}`).join('\n'));
    } finally {
      await server.stop();
    }
  }
  rmSync(folder, { recursive: true });
  for (const failure of failures) { process.stderr.write(`\nFAILED: ${failure}\n`); }
  say(failures.length === 0 && chosen.length > 0 ? 'All passed' : `${failures.length} failed`);
  process.exitCode = failures.length === 0 && chosen.length > 0 ? 0 : 1;
}

const { values: { seed = String(Date.now() % 1_000_000), only = '', every = '29' } } = startCommand({
  name: 'accept:servers',
  description: 'Run the acceptance suite on the servers of the tests, and interrupt it at random points; takes minutes',
  options: { seed: { type: 'string' }, only: { type: 'string' }, every: { type: 'string' } },
  usage: { '--seed=N': 'repeat a failure', '--only=TEXT': 'only servers with this text in their name', '--every=N': 'stop the rotation at each n-th call; 29 by default' },
});
if (!/^\d+$/.test(seed) || !/^[1-9]\d*$/.test(every)) {
  process.stderr.write('--seed and --every have to be whole numbers\n');
  process.exit(2);
}
runTasks(['databases']);
void main(Number(seed), only, every);
