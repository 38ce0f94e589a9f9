import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Surroundings } from './app-under-test';
import { Aws } from './aws';
import { Cdk } from './cdk';
import { Emulator } from './emulator';
import { accessKeyFleet } from './scenarios/access-key-fleet';
import { customTarget } from './scenarios/custom-target';
import { first } from './scenarios/first';
import { firstUser } from './scenarios/first-user';
import { fleet } from './scenarios/fleet';
import { generated } from './scenarios/generated';
import { guard } from './scenarios/guard';
import { iamAccessKey } from './scenarios/iam-access-key';
import { moving } from './scenarios/moving';
import { sesSmtp } from './scenarios/ses-smtp';
import { shared } from './scenarios/shared';
import { signingKeys } from './scenarios/signing-keys';
import { Checks } from '../../tools/checks';

const EXAMPLES = join(__dirname, '..', '..', 'examples');

interface Scenario {
  readonly app: string;
  readonly run: (surroundings: Surroundings) => Promise<void>;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'generated': { app: join(EXAMPLES, 'basic'), run: generated },
  'custom-target': { app: join(EXAMPLES, 'custom-target'), run: customTarget },
  'guard': { app: join(__dirname, 'apps', 'guarded'), run: guard },
  'first': { app: join(__dirname, 'apps', 'first'), run: first },
  'first-user': { app: join(__dirname, 'apps', 'first-user'), run: firstUser },
  'moving': { app: join(__dirname, 'apps', 'moving'), run: moving },
  'shared': { app: join(__dirname, 'apps', 'shared'), run: shared },
  'iam-access-key': { app: join(EXAMPLES, 'iam-access-key'), run: iamAccessKey },
  'access-key-fleet': { app: join(__dirname, 'apps', 'access-key-fleet'), run: accessKeyFleet },
  'ses-smtp': { app: join(EXAMPLES, 'ses-smtp'), run: sesSmtp },
  'signing-keys': { app: join(EXAMPLES, 'signing-keys'), run: signingKeys },
  'fleet': { app: join(EXAMPLES, 'fleet'), run: fleet },
};

async function main(name: string, app = SCENARIOS[name]?.app): Promise<void> {
  if (!SCENARIOS[name]) { throw new Error(`There is no scenario ${name}; there are ${Object.keys(SCENARIOS).join(', ')}`); }
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
    console.log(`End to end, ${name}: ${app}`);
    const started = emulator = await checks.need('the emulator starts', () => Emulator.start(directory));
    const cdkWith: Surroundings['cdkWith'] = (context) => new Cdk(app, directory, started.endpoint, interruption.signal, context);
    await SCENARIOS[name].run({ aws: new Aws(started.endpoint), checks, cdkWith, emulator: started, directory });
  } catch (error) {
    checks.check('the run reached its end', false);
    console.error(error);
    if (emulator) { console.error(`\nThe last that the emulator said:\n${emulator.lastLines}`); }
  }
  await cleanUp();
  console.log(checks.summary);
  process.exitCode = checks.allPassed ? 0 : 1;
}

const [name = 'generated', app] = process.argv.slice(2);
void main(name, app && resolve(app));
