import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Aws } from './aws';
import { Cdk } from './cdk';
import { Checks } from './checks';
import { Emulator } from './emulator';

/** Runs a test of an app against an emulator of its own, prints how it came out, and leaves nothing behind. */
export async function endToEnd(folder: string, test: (aws: Aws, cdk: Cdk, checks: Checks) => Promise<void>): Promise<void> {
  const app = resolve(folder);
  const directory = mkdtempSync(join(tmpdir(), 'cdk-rotating-secret-e2e-'));
  const checks = new Checks();
  const interruption = new AbortController();
  let emulator: Emulator | undefined;
  const cleanUp = async () => {
    await emulator?.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      console.error(`\nInterrupted by ${signal}`);
      interruption.abort();
      void cleanUp().finally(() => process.exit(1));
    });
  }
  try {
    console.log(`End to end: ${app}`);
    emulator = await checks.need('the emulator starts', () => Emulator.start(directory));
    await test(new Aws(emulator.endpoint), new Cdk(app, directory, emulator.endpoint, interruption.signal), checks);
  } catch (error) {
    checks.check('the run reached its end', false);
    console.error(error);
    if (emulator) { console.error(`\nThe last that the emulator said:\n${emulator.lastLines}`); }
  }
  await cleanUp();
  console.log(checks.summary);
  process.exitCode = checks.allPassed ? 0 : 1;
}
