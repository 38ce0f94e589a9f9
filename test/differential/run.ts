import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { DIFFERENCES } from './differences';
import { SCENARIOS, type Scenario } from './scenarios';
import { SecretsManagerServer, SecretsManagerSimulator } from '../../simulator';

const ACCOUNT = '123456789012';
const START_TIMEOUT_MS = 60_000;

/** What came of each step of a scenario, without what must differ: dates, suffixes of ARNs, messages. */
async function play(endpoint: string, { steps }: Scenario): Promise<string[]> {
  const client = new SecretsManager({
    endpoint, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const outcomes: string[] = [];
  let secretId = 'secret';
  for (const [operation, input] of steps) {
    const takesSecret = operation !== 'CreateSecret' && operation !== 'GetRandomPassword';
    const method = (operation[0].toLowerCase() + operation.slice(1)) as 'describeSecret';
    try {
      const answer = await client[method]({ ...takesSecret && { SecretId: secretId }, ...input } as { SecretId: string });
      if (operation === 'CreateSecret') { secretId = answer.ARN!; }
      outcomes.push(normalize(operation, answer as unknown as Record<string, unknown>));
    } catch (error) {
      outcomes.push(String((error as Error).name));
    }
  }
  client.destroy();
  return outcomes;
}

function normalize(operation: string, answer: Record<string, unknown>): string {
  const { RandomPassword, Versions, VersionIdsToStages, VersionStages, SecretString, VersionId, Name } = answer;
  if (typeof RandomPassword === 'string') {
    return `a password of ${RandomPassword.length} with ${[/[a-z]/, /[A-Z]/, /\d/, /[^\w]|_/].map((type) => type.test(RandomPassword)).join()}`;
  }
  const versions = Versions as { VersionId: string; VersionStages: string[] }[] | undefined;
  const listed = versions?.map((version) => [version.VersionId, sorted(version.VersionStages)]).sort();
  const stages = VersionIdsToStages && Object.entries(VersionIdsToStages).map(([id, labels]) => [id, sorted(labels as string[])]).sort();
  return JSON.stringify({
    Name,
    SecretString,
    VersionStages: VersionStages && sorted(VersionStages as string[]),
    stages,
    listed,
    VersionId: operation === 'UpdateSecretVersionStage' ? undefined : VersionId,
  });
}

function sorted(labels: string[]): string[] { return [...labels].sort(); }

/** moto's server, with nothing in it. */
async function withMoto<T>(use: (endpoint: string) => Promise<T>): Promise<T> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const moto = spawn(join(__dirname, '.venv', 'bin', 'moto_server'), ['--host', '127.0.0.1', '--port', String(port)], {
    stdio: 'ignore', env: { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', MOTO_ACCOUNT_ID: ACCOUNT },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    for (const end = Date.now() + START_TIMEOUT_MS; ;) {
      if (await fetch(`${endpoint}/moto-api/data.json`).then(({ ok }) => ok, () => false)) { break; }
      if (Date.now() > end || moto.exitCode !== null) { throw new Error('moto did not start'); }
      await sleep(100);
    }
    return await use(endpoint);
  } finally {
    moto.kill('SIGKILL');
  }
}

async function main(): Promise<void> {
  let [passed, failed, differing] = [0, 0, 0];
  const seen = new Set<string>();
  await withMoto(async (endpoint) => {
    for (const scenario of SCENARIOS) {
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
      const server = await SecretsManagerServer.start(new SecretsManagerSimulator({ account: ACCOUNT }));
      const [ours, theirs] = [await play(server.url, scenario), await play(endpoint, scenario)];
      await server.stop();
      for (const [index, [operation]] of scenario.steps.entries()) {
        const place = `${scenario.name} ${index + 1}`;
        const same = ours[index] === theirs[index];
        const reason = DIFFERENCES[place];
        seen.add(place);
        if (same === (reason === undefined)) {
          passed++;
          if (!same) {
            differing++;
            console.log(`differs, as known: ${place} (${operation}): simulator ${ours[index]}, moto ${theirs[index]}. ${reason}`);
          }
        } else {
          failed++;
          console.log(`FAILED ${place} (${operation}): ${same ? `listed as different, and both answer ${ours[index]}` : `simulator ${ours[index]}, moto ${theirs[index]}`}`);
        }
      }
    }
  });
  for (const place of Object.keys(DIFFERENCES).filter((listed) => !seen.has(listed))) {
    failed++;
    console.log(`FAILED ${place}: listed as different, and there is no such step`);
  }
  console.log(`${SCENARIOS.length} scenarios, ${passed} answers as expected, ${differing} of them known to differ`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
