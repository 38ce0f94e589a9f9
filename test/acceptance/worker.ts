/*
 * Runs the cases in a process of its own. main.ts ends it at any time, and then removes what it left: a connection that is closed by the end of its
 * process changes nothing any more.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, CASES } from './cases';
import type { Run, Strategy } from './kind';
import { kindOf, type TargetName } from './kinds';
import { passwordsOf } from './passwords';
import type { Message } from './results';
import { exhaust } from '../proof/exhaustion';
import { Violation } from '../proof/world';

/** What the worker gets. */
export interface Task extends Run {
  readonly target: TargetName;
}

const ROOT = join(__dirname, '..', '..');

const send = (message: Message) => new Promise<void>((resolve) => { process.send!(message, () => resolve()); });

async function work(task: Task): Promise<void> {
  const ground = await kindOf(task.target).open(task);
  for (const strategy of ground.strategies) { await tryStrategy(strategy, task); }
  await ground.close();
}

async function tryStrategy(strategy: Strategy, { seed, everyBoundary }: Task): Promise<void> {
  const { name } = strategy;
  const bench = new Bench(strategy, passwordsOf(seed), readFileSync(join(ROOT, 'test', 'consumers', 'ca.pem'), 'utf8'));
  try {
    await bench.subject.server!.reset();
  } catch (error) {
    await send({ kind: 'notRun', strategy: name, reason: `the server refuses to prepare it with ${(error as { code?: string | number }).code ?? (error as Error).name}` });
    return;
  }
  for (const { numbers, what, run } of [...CASES, ...strategy.ownCases ?? []].filter(({ appliesTo }) => appliesTo(strategy))) {
    await send({ kind: 'progress', done: `${name}: ${numbers.join(', ')}` });
    await send({ kind: 'case', strategy: name, numbers, what, ...await timed(() => run(bench, undefined)) });
  }
  let boundaries = 0;
  const stops = await timed(async () => {
    ({ boundaries } = await exhaust(strategy.subject(), {
      switches: [{}],
      pairs: false,
      stale: false,
      everyBoundary,
      progress: (done) => void send({ kind: 'progress', done: `${name}: stopped at ${done.split(',')[0]}` }),
    }));
  });
  await send({ kind: 'stops', strategy: name, boundaries, ...stops });
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
