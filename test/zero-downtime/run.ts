/*
 * `npm run zero-downtime`: clients keep logging in, while the real asset rotates the secret of a real server again and again. Prints how many
 * logins were refused, for each strategy and kind of client.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SYSTEMS, type Strategy, type System } from './systems';
import type { Login } from '../../servers';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../src/contract';
import { runTasks, startCommand } from '../../tools/command';
import { FunctionProcess } from '../../tools/function-process';
import { printTable } from '../../tools/table';
import { Terminal } from '../../tools/terminal';

/** The order of magnitude of a call to Secrets Manager within a region, in milliseconds. */
const LATENCY = 10;
/** The delay between rotations, so that clients see each version. */
const PAUSE = 60;
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';

const CLIENTS = 2;
/** Reads AWSCURRENT before each login. */
const READER = 'AWSCURRENT';
/** A cache that never reacts: logs in with a value that was read at a random time since the last rotation began. */
const CACHE = 'up to one rotation old';
const KINDS = [READER, CACHE] as const;

interface Outcome {
  readonly logins: number;
  readonly refused: number;
  /** How long logins were refused, for each rotation with refusals, in milliseconds. */
  readonly windows: readonly number[];
}

/** The logins of one kind of client. */
class Logins {
  private logins = 0;
  private refused = 0;
  private readonly refusals: number[] = [];
  private readonly windows: number[] = [];
  private readonly underWay = new Set<Promise<unknown>>();

  /** All other errors. There should be none. */
  public readonly errors: string[] = [];

  public async add(login: Promise<boolean>): Promise<void> {
    this.logins++;
    const ended = login.then(
      (isAccepted) => { if (!isAccepted) { this.refusals.push(performance.now()); } },
      ({ code, message }: { code?: string; message: string }) => { this.errors.push(code ?? message); },
    );
    this.underWay.add(ended);
    await ended;
    this.underWay.delete(ended);
  }

  /** Waits for the logins that have begun. */
  public async ended(): Promise<void> {
    await Promise.all(this.underWay);
  }

  public endRotation(): void {
    if (this.refusals.length > 0) { this.windows.push(Math.max(...this.refusals) - Math.min(...this.refusals)); }
    this.refused += this.refusals.splice(0).length;
  }

  public get outcome(): Outcome {
    return { logins: this.logins, refused: this.refused, windows: this.windows };
  }
}

interface Measured {
  /** For each kind of client. */
  readonly outcomes: readonly Outcome[];
  readonly errors: readonly string[];
}

async function measure(system: System, strategy: Strategy, rotations: number): Promise<Measured> {
  const user: Login = { username: strategy.user, password: 'first-password-of-all' };
  await system.makeUser(user, strategy);
  const simulator = new SecretsManagerSimulator();
  const secret = simulator.createSecret('secret', system.valueOf(user));
  const superuserSecretArn = strategy.superuser ? simulator.createSecret('superuser', system.valueOf(system.superuser)) : undefined;
  const service = await SecretsManagerServer.start(simulator, { latency: LATENCY });
  const rotation = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(__dirname, '..', '..', 'assets', system.asset),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: serializeConfig({
        target: system.target,
        superuserSecretArn,
        dualPasswords: strategy.dualPasswords,
        alternatingUsers: strategy.alternatingUsers,
        certificateAuthority: system.certificateAuthority,
        passwordPolicy: {},
      }),
    },
    functionArn: FUNCTION_ARN,
    timeoutMs: 30_000,
    onLine: () => {},
  });

  let running = true;
  const current = () => simulator.inspect(secret).value('AWSCURRENT') as string;
  /** The values that clients read since the last rotation began. */
  let reads = [current()];
  const read = { [READER]: () => current(), [CACHE]: () => reads[Math.floor(Math.random() * reads.length)] };
  const logins = { [READER]: new Logins(), [CACHE]: new Logins() };
  const client = async (kind: typeof KINDS[number]) => {
    while (running) {
      reads.push(current());
      await logins[kind].add(system.use(JSON.parse(read[kind]()) as Login));
    }
  };
  const clients = KINDS.flatMap((kind) => Array.from({ length: CLIENTS }, () => client(kind)));
  const errors: string[] = [];
  try {
    for (let n = 0; n < rotations; n++) {
      reads = [current()];
      // A login with a value that was read before that would be more than one rotation late.
      await logins[CACHE].ended();
      const { failures } = await rotate(simulator, secret, { invoke: (event) => rotation.invoke(event) });
      errors.push(...failures.map(({ step, error }) => `${step} of rotation ${n + 1}: ${(error as Error).message}`));
      await sleep(PAUSE);
      for (const kind of KINDS) { logins[kind].endRotation(); }
    }
  } finally {
    running = false;
    await Promise.all(clients);
    await rotation.kill();
    await service.stop();
  }
  return { outcomes: KINDS.map((kind) => logins[kind].outcome), errors: [...errors, ...KINDS.flatMap((kind) => logins[kind].errors)] };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function refusedFor(kind: string, { windows }: Outcome): string {
  if (windows.length === 0) { return '-'; }
  return kind === CACHE ? 'until it reads again' : `${median(windows).toFixed(0)} ms (at most ${Math.max(...windows).toFixed(0)} ms)`;
}

async function main(rotations: number, only: string): Promise<void> {
  const terminal = new Terminal(process.stdout);
  terminal.line(`Clients log in, write and read, again and again, during ${rotations} rotations of each user. ${CLIENTS} read AWSCURRENT before each login. ${CLIENTS} log in with a value that was `
    + `read at a random time since the last rotation began, as a cache does that never reacts. Secrets Manager answers in ${LATENCY} ms.`);
  const rows: string[][] = [];
  const failures: string[] = [];
  for (const { name, start, strategies } of SYSTEMS.filter((each) => each.name.includes(only))) {
    const system = await start();
    try {
      for (const strategy of strategies) {
        const { outcomes, errors } = await measure(system, strategy, rotations);
        for (const [i, outcome] of outcomes.entries()) {
          const { logins, refused } = outcome;
          rows.push([name, strategy.name, KINDS[i], String(logins), String(refused), refusedFor(KINDS[i], outcome)]);
          const title = `${name}, ${strategy.name}, ${KINDS[i]}`;
          if (!strategy.mayRefuse && refused > 0) { failures.push(`${title}: ${refused} refused, and 0 are promised`); }
          // Rotations without any effect on clients would prove nothing.
          if (strategy.mayRefuse && refused === 0) { failures.push(`${title}: none refused, so the clients saw no rotation`); }
        }
        if (errors.length > 0) { failures.push(`${name}, ${strategy.name}: ${[...new Set(errors)].join('; ')}`); }
      }
    } finally {
      await system.stop();
    }
  }
  terminal.line();
  printTable(terminal, { columns: ['Server', 'Strategy', 'Value of the client', 'Logins', 'Refused', 'Refused for'], rows });
  terminal.line();
  for (const failure of failures) { terminal.line(`FAILED: ${failure}`); }
  terminal.line(failures.length === 0 ? 'No login was refused, except with a single user.' : `${failures.length} failed`);
  process.exitCode = failures.length === 0 && rows.length > 0 ? 0 : 1;
}

const { positionals: [given = '50'], values: { only = '' } } = startCommand({
  name: 'zero-downtime',
  description: 'Rotate users of real servers, while clients keep logging in; takes minutes',
  options: { only: { type: 'string' } },
  usage: { 'N': 'how many rotations of each user; 50 unless told otherwise', '--only=TEXT': 'only servers with this text in their name' },
  maxArguments: 1,
});
if (!/^[1-9]\d*$/.test(given)) {
  process.stderr.write(`The number of rotations has to be a whole number above 0, got ${given}\n`);
  process.exit(2);
}
runTasks(['databases', 'bundle']);
void main(Number(given), only);
