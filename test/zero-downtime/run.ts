/*
 * `npm run zero-downtime`: clients keep logging in with AWSCURRENT, while the real asset rotates the secret of a real database server again and
 * again. Prints the refused clients, and for how long.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../src/contract';
import { runTasks, startCommand } from '../../tools/command';
import { FunctionProcess } from '../../tools/function-process';
import { printTable } from '../../tools/table';
import { Terminal } from '../../tools/terminal';
import { startMariaDb, startMySql, startPostgres, type DatabaseServer, type Login } from '../servers';
import { connect, isRefusal } from '../servers/clients';

const CLIENTS = 3;
/** The order of magnitude of a call to Secrets Manager within a region, in milliseconds. */
const LATENCY = 10;
/** The delay between rotations, so that clients see each version. */
const PAUSE = 30;
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';

interface Strategy {
  readonly name: string;
  readonly user: string;
  readonly needsSuperuser?: boolean;
  readonly dualPasswords?: boolean;
  /** Whether some clients log in with the value before the last rotation, as a cache does that never reacts. */
  readonly hasLateClients?: boolean;
  readonly mayRefuse?: boolean;
}

const SINGLE: Strategy = { name: 'single user', user: 'single', mayRefuse: true };
const ALTERNATING: Strategy = { name: 'alternating users', user: 'alternating', needsSuperuser: true, hasLateClients: true };
const DUAL: Strategy = { name: 'dual passwords', user: 'two_passwords', dualPasswords: true, hasLateClients: true };
const SERVERS = [
  { name: 'PostgreSQL 18', start: () => startPostgres(), strategies: [ALTERNATING, SINGLE] },
  { name: 'MariaDB 11.8', start: () => startMariaDb(), strategies: [{ ...DUAL, needsSuperuser: true }, ALTERNATING, SINGLE] },
  { name: 'MySQL 8.0', start: () => startMySql(), strategies: [DUAL, ALTERNATING, SINGLE] },
];

interface Outcome {
  readonly rotations: number;
  readonly requests: number;
  readonly refused: number;
  /** How long clients were refused, for each rotation with refusals, in milliseconds. */
  readonly windows: readonly number[];
  /** All other errors. There should be none. */
  readonly errors: readonly string[];
}

async function measure(server: DatabaseServer, strategy: Strategy, rotations: number): Promise<Outcome> {
  const user: Login = { username: strategy.user, password: 'first-password-of-all' };
  const json = (login: Login) => JSON.stringify({ engine: server.engine, host: server.host, port: server.port, dbname: server.database, ...login });
  await makeUser(server, user, strategy);

  const simulator = new SecretsManagerSimulator();
  const secret = simulator.createSecret('secret', json(user));
  const superuserSecretArn = strategy.needsSuperuser ? simulator.createSecret('superuser', json(server.admin)) : undefined;
  const service = await SecretsManagerServer.start(simulator, { latency: LATENCY });
  const rotation = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(__dirname, '..', '..', 'assets', server.engine === 'postgres' ? 'postgres' : 'mysql'),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: serializeConfig({
        target: server.engine, superuserSecretArn, dualPasswords: strategy.dualPasswords, certificateAuthority: server.ca, passwordPolicy: {},
      }),
    },
    functionArn: FUNCTION_ARN,
    timeoutMs: 30_000,
    onLine: () => {},
  });

  let running = true;
  let requests = 0;
  const refusals: number[] = [];
  const errors: string[] = [];
  // What AWSCURRENT said before the rotation that is under way, or the last one, until the next setSecret may begin.
  let late = JSON.stringify(user);
  const client = async (isLate: boolean) => {
    while (running) {
      const login = JSON.parse(isLate ? late : simulator.inspect(secret).value('AWSCURRENT') as string) as Login;
      requests++;
      try {
        const session = await connect(server, { login });
        await session.query('INSERT INTO visits (n) VALUES (1)');
        await session.query('SELECT count(*) FROM visits');
        await session.close();
      } catch (error) {
        const { code = '', message } = error as { code?: string; message: string };
        if (isRefusal(error)) { refusals.push(performance.now()); } else { errors.push(code || message); }
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, n) => client(n === 0 && strategy.hasLateClients === true));
  const windows: number[] = [];
  let refused = 0;
  try {
    for (let n = 0; n < rotations; n++) {
      late = simulator.inspect(secret).value('AWSCURRENT') as string;
      // A login that had begun with the value before that ends.
      await sleep(PAUSE);
      const { failures } = await rotate(simulator, secret, { invoke: (event) => rotation.invoke(event) });
      errors.push(...failures.map(({ step, error }) => `${step} of rotation ${n + 1}: ${(error as Error).message}`));
      await sleep(PAUSE);
      if (refusals.length > 0) { windows.push(Math.max(...refusals) - Math.min(...refusals)); }
      refused += refusals.splice(0).length;
    }
  } finally {
    running = false;
    await Promise.all(clients);
    await rotation.kill();
    await service.stop();
  }
  return { rotations, requests, refused, windows, errors };
}

async function makeUser(server: DatabaseServer, login: Login, { dualPasswords, needsSuperuser }: Strategy): Promise<void> {
  const { username, password } = login;
  const run = async (as: Login, ...statements: string[]) => {
    const client = await connect(server, { login: as });
    for (const statement of statements) { await client.query(statement); }
    await client.close();
  };
  await run(server.root, 'DROP TABLE IF EXISTS visits');
  await run(server.admin, ...server.engine === 'postgres'
    ? [`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`, `GRANT CREATE ON DATABASE ${server.database} TO ${username}`]
    : [`CREATE USER ${username} IDENTIFIED BY '${password}'`, `GRANT SELECT, INSERT, CREATE ON ${server.database}.* TO ${username}`]);
  if (server.engine === 'postgres') { await run(server.root, `GRANT CREATE ON SCHEMA public TO ${username}`); }
  if (dualPasswords && !needsSuperuser) { await run(server.root, `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}`); }
  await run(login, 'CREATE TABLE visits (n integer)');
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function main(rotations: number): Promise<void> {
  const terminal = new Terminal(process.stdout);
  terminal.line(`${CLIENTS} clients log in with AWSCURRENT, insert a row and read, again and again, one of them one rotation late unless there is a single user; Secrets Manager answers in ${LATENCY} ms.`);
  const rows: string[][] = [];
  const failures: string[] = [];
  for (const { name, start, strategies } of SERVERS) {
    const server = await start();
    try {
      for (const strategy of strategies) {
        const { requests, refused, windows, errors } = await measure(server, strategy, rotations);
        rows.push([
          name, strategy.name, String(rotations), String(requests), String(refused),
          windows.length === 0 ? '-' : `${median(windows).toFixed(0)} (at most ${Math.max(...windows).toFixed(0)})`,
        ]);
        if (!strategy.mayRefuse && refused > 0) { failures.push(`${name}, ${strategy.name}: ${refused} refused`); }
        if (errors.length > 0) { failures.push(`${name}, ${strategy.name}: ${[...new Set(errors)].join('; ')}`); }
      }
    } finally {
      await server.stop();
    }
  }
  terminal.line();
  printTable(terminal, { columns: ['Database', 'Strategy', 'Rotations', 'Logins', 'Refused', 'Refused for, in ms'], rows });
  terminal.line();
  for (const failure of failures) { terminal.line(`FAILED: ${failure}`); }
  terminal.line(failures.length === 0 ? 'With dual passwords and with alternating users no login was refused.' : `${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

const { positionals: [given = '50'] } = startCommand({
  name: 'zero-downtime',
  description: 'Rotate users of real databases, while clients keep logging in; takes minutes',
  usage: { N: 'how many rotations of each user; 50 unless told otherwise' },
  maxArguments: 1,
});
if (!/^[1-9]\d*$/.test(given)) {
  process.stderr.write(`The number of rotations has to be a whole number above 0, got ${given}\n`);
  process.exit(2);
}
runTasks(['databases', 'bundle']);
void main(Number(given));
