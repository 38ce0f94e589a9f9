/*
 * Runs the cases in a process of its own. main.ts ends it at any time, and then removes what it left: a connection that is closed by the end of its
 * process changes nothing any more.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, CASES } from './cases';
import { databaseOf, TABLE } from './dialect';
import { dialectOf } from './dialects';
import type { Message } from './results';
import { connect, type Address, type TestClient } from '../../servers/clients';
import { ALTERNATING, CREATED, databaseSubject, DUAL, DUAL_BY_SUPERUSER, makeApp, RESET, SINGLE, type Place, type Variant } from '../proof/database-subject';
import { exhaust } from '../proof/exhaustion';
import { Violation } from '../proof/world';

/** What the worker gets. */
export interface Task {
  readonly address: Address;
  readonly prefix: string;
  /** Makes the passwords of the run. */
  readonly seed: string;
  /** Stops at each n-th call. */
  readonly everyBoundary: number;
}

const VARIANTS: readonly Variant[] = [SINGLE, ALTERNATING, DUAL, DUAL_BY_SUPERUSER, CREATED, RESET];
const ROOT = join(__dirname, '..', '..');

/** What has to be there for a strategy: the statements that tell it aren't worth a list of versions. */
const isPossible = ({ config }: Variant, { engine }: Address): boolean => engine === 'postgres' ? !config.dualPasswords
  : config.resetLostPassword !== true && (engine === 'mysql' || !config.dualPasswords || config.superuserSecretArn !== undefined);

const send = (message: Message) => new Promise<void>((resolve) => { process.send!(message, () => resolve()); });

async function work(task: Task): Promise<void> {
  const address = { ...task.address, database: databaseOf(task.prefix) };
  const owner = await connect(address);
  const place = placeOf(task, address, owner);
  for (const statement of [`CREATE TABLE ${TABLE} (id int)`, ...makeApp(place)]) { await owner.query(statement); }
  for (const variant of VARIANTS.filter((one) => isPossible(one, address))) { await tryStrategy(place, variant, task); }
  await owner.close();
}

function placeOf({ prefix, seed }: Task, address: Address, owner: TestClient): Place {
  return {
    ...address,
    prefix,
    // Letters of both cases, digits and punctuation, as servers with a password policy want them.
    password: (purpose) => `Aa1-${createHmac('sha256', seed).update(purpose).digest('base64url').slice(0, 24)}`,
    asOwner: (sql) => owner.query(sql),
    hasOtherOwner: false,
  };
}

async function tryStrategy(place: Place, variant: Variant, { everyBoundary }: Task): Promise<void> {
  const strategy = variant.name;
  const sql = dialectOf(place.engine);
  const bench = new Bench(place, variant, sql, readFileSync(join(ROOT, 'test', 'consumers', 'ca.pem'), 'utf8'));
  try {
    await bench.subject.server!.reset();
  } catch (error) {
    await send({ kind: 'notRun', strategy, reason: `the server refuses to prepare it with ${(error as { code?: string }).code ?? (error as Error).name}` });
    return;
  }
  for (const { numbers, what, run } of CASES.filter(({ appliesTo }) => appliesTo(variant, place))) {
    await send({ kind: 'progress', done: `${strategy}: ${numbers.join(', ')}` });
    await send({ kind: 'case', strategy, numbers, what, ...await timed(() => run(bench)) });
  }
  let boundaries = 0;
  const stops = await timed(async () => {
    ({ boundaries } = await exhaust(databaseSubject('acceptance', place, variant), {
      switches: [{}],
      pairs: false,
      stale: false,
      everyBoundary,
      progress: (done) => void send({ kind: 'progress', done: `${strategy}: stopped at ${done.split(',')[0]}` }),
    }));
  });
  await send({ kind: 'stops', strategy, boundaries, ...stops });
}

async function timed(run: () => Promise<void>): Promise<{ failure?: string; seconds: number }> {
  const start = performance.now();
  let failure: string | undefined;
  try {
    await run();
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    failure = error instanceof Violation || name === 'Error' ? message : `${name}${code ? ` ${code}` : ''}: ${message}`;
  }
  return { failure, seconds: (performance.now() - start) / 1000 };
}

// The end of main.ts, however it comes, is the end of its worker.
process.once('disconnect', () => process.exit(1));
process.once('message', (task: Task) => {
  work(task).then(() => send({ kind: 'end' })).then(() => process.exit(0), (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
});
