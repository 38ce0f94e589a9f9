/* Removes every guard of admission, one at a time, and expects the tests to fail. Needs no Stryker, and only a few seconds. */
import { ADMISSION, guards, type Guard } from './admission-guards';
import { firstFailures, type Variant } from './variants';
import { startCommand } from '../../tools/command';

const TESTS = ['test/rotation/contract.test.ts', 'test/rotation/admit.test.ts'];
const CONTROL = 'none';

export interface GuardResult {
  readonly guard: string;
  /** The test that fails without the guard. Absent if none does. */
  readonly caughtBy?: string;
}

/**
 * The test that fails without each guard.
 *
 * @throws Error if a guard isn't in the source any more, if the source has an unlisted one, or if the tests fail with all guards.
 */
export function runGuards(): GuardResult[] {
  const without = (guard: Guard): Variant => ({ name: guard.name, edit: { file: ADMISSION, change: guard.takeOut } });
  const listed = guards();
  const failures = firstFailures([{ name: CONTROL }, ...listed.map(without)], TESTS);
  const control = failures.get(CONTROL);
  if (control !== undefined) { throw new Error(`The tests fail with every guard in place: ${control}`); }
  return listed.map(({ name }) => ({ guard: name, caughtBy: failures.get(name) }));
}

function main(): void {
  const results = runGuards();
  const width = Math.max(...results.map(({ guard }) => guard.length));
  console.log(`${'without'.padEnd(width)}  the first test that fails`);
  for (const { guard, caughtBy } of results) { console.log(`${guard.padEnd(width)}  ${caughtBy?.slice(0, 100) ?? 'NONE'}`); }
  const passed = results.filter(({ caughtBy }) => caughtBy !== undefined).length;
  console.log(`\n${passed} passed, ${results.length - passed} failed`);
  process.exitCode = passed === results.length ? 0 : 1;
}

if (require.main === module) {
  startCommand({
    name: 'guards',
    command: 'npx tsx --tsconfig tsconfig.dev.json test/mutation/guards.ts',
    description: 'Take out every guard of admission, one at a time, and expect a test to notice',
  });
  main();
}
