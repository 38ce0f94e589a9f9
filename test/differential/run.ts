import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { checkAccessKeys } from './access-keys';
import { differencesOf } from './differences';
import { checkMemoryDbUsers } from './memorydb-users';
import { SCENARIOS, type Scenario } from './scenarios';
import { SecretsManagerServer, SecretsManagerSimulator } from '../../simulator';

const ACCOUNT = '123456789012';
const START_TIMEOUT_MS = 60_000;
const MAX_SHOWN = 300;

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

type Answer = Readonly<Record<string, unknown>>;

/** The results of each step of a scenario, without parts that must differ: dates, suffixes of ARNs, messages. */
async function play(endpoint: string, { steps }: Scenario): Promise<string[]> {
  const client = new SecretsManager({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials });
  // An existing server may have other secrets.
  const name = `differential-${randomBytes(8).toString('hex')}`;
  const outcomes: string[] = [];
  let arn = name;
  let nextToken: unknown;
  for (const [operation, given] of steps) {
    const { Name, SecretId, NextToken, ...input } = given as Answer;
    const ids: Readonly<Record<string, string>> = { NAME: name, PARTIAL: arn.slice(0, -7), MISSING: `${name}-missing` };
    const secretId = { SecretId: SecretId === undefined ? arn : ids[String(SecretId)] ?? SecretId };
    const request = {
      ...input,
      ...operation === 'CreateSecret' ? { Name: name } : operation !== 'GetRandomPassword' && secretId,
      ...NextToken !== undefined && { NextToken: NextToken === 'NEXT' ? nextToken : NextToken },
    };
    const method = (operation[0].toLowerCase() + operation.slice(1)) as 'describeSecret';
    try {
      const answer = await client[method](request as { SecretId: string }) as unknown as Answer;
      if (operation === 'CreateSecret') { arn = answer.ARN as string; }
      nextToken = answer.NextToken ?? nextToken;
      outcomes.push(normalize(operation, request, answer).replaceAll(name, 'secret'));
    } catch (error) {
      outcomes.push(String((error as Error).name));
    }
  }
  await client.deleteSecret({ SecretId: arn, ForceDeleteWithoutRecovery: true }).catch(() => {});
  client.destroy();
  return outcomes;
}

function normalize(operation: string, request: Answer, answer: Answer): string {
  const { RandomPassword, Versions, VersionIdsToStages, VersionStages, SecretString, SecretBinary } = answer;
  const { VersionId, Name, Description, KmsKeyId, NextToken } = answer;
  if (typeof RandomPassword === 'string') {
    return `a password of ${RandomPassword.length} with ${[/[a-z]/, /[A-Z]/, /\d/, /[^\w]|_/].map((type) => type.test(RandomPassword)).join()}`;
  }
  const versions = Versions as { VersionId: string; VersionStages?: string[] }[] | undefined;
  // The service decides which versions are on which page.
  const listed = request.MaxResults !== undefined
    ? versions?.length
    : versions?.map((version) => [version.VersionId, sorted(version.VersionStages ?? [])]).sort();
  const stages = VersionIdsToStages && Object.entries(VersionIdsToStages).map(([id, labels]) => [id, sorted(labels as string[])]).sort();
  const { RotationEnabled, RotationLambdaARN, RotationRules, DeletedDate } = answer;
  return JSON.stringify({
    Name,
    SecretString: typeof SecretString === 'string' && SecretString.length > 100 ? `${SecretString.length} characters` : SecretString,
    SecretBinary: SecretBinary && Buffer.from(SecretBinary as Uint8Array).toString(),
    VersionStages: Array.isArray(VersionStages) && VersionStages.length > 0 ? sorted(VersionStages as string[]) : undefined,
    stages,
    listed,
    more: NextToken ? true : undefined,
    VersionId: operation === 'UpdateSecretVersionStage' ? undefined : VersionId,
    Description: Description || undefined,
    KmsKeyId: KmsKeyId === '' ? 'an empty one' : KmsKeyId,
    RotationEnabled: RotationEnabled || undefined,
    RotationLambdaARN,
    RotationRules,
    deleted: DeletedDate ? true : undefined,
  });
}

function sorted(labels: string[]): string[] { return [...labels].sort(); }

interface Peer {
  readonly name: string;
  readonly endpoint: string;
}

/** moto's server, at a free port. */
async function withMoto<T>(use: (endpoint: string) => Promise<T>): Promise<T> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const server = spawn(join(__dirname, '.venv', 'bin', 'moto_server'), ['--host', '127.0.0.1', '--port', String(port)], {
    stdio: 'ignore', env: { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', MOTO_ACCOUNT_ID: ACCOUNT },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await waitFor(endpoint, () => server.exitCode !== null);
    return await use(endpoint);
  } finally {
    server.kill('SIGKILL');
  }
}

/** Waits until the endpoint answers like Secrets Manager. */
async function waitFor(endpoint: string, hasEnded = () => false): Promise<void> {
  const client = new SecretsManager({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials });
  try {
    for (const end = Date.now() + START_TIMEOUT_MS; ;) {
      if (await client.getRandomPassword({}).then(() => true, () => false)) { return; }
      if (Date.now() > end || hasEnded()) { throw new Error(`No Secrets Manager answers at ${endpoint}`); }
      await sleep(100);
    }
  } finally {
    client.destroy();
  }
}

async function withPeer(use: (peer: Peer) => Promise<void>): Promise<void> {
  const { values } = parseArgs({ options: { peer: { type: 'string', default: 'moto' }, endpoint: { type: 'string' } } });
  const { peer: name, endpoint } = values;
  const useAt = (url: string) => use({ name, endpoint: url });
  if (endpoint !== undefined) {
    await waitFor(endpoint);
    return useAt(endpoint);
  }
  if (name !== 'moto') { throw new Error(`Start ${name}, and give --endpoint=URL`); }
  return withMoto(useAt);
}

const shown = (outcome: string) => outcome.length > MAX_SHOWN ? `${outcome.slice(0, MAX_SHOWN)}…` : outcome;

async function main({ name, endpoint }: Peer): Promise<void> {
  let [passed, failed, differing] = [0, 0, 0];
  const known = differencesOf(name);
  const seen = new Set<string>();
  for (const scenario of SCENARIOS) {
    const server = await SecretsManagerServer.start(new SecretsManagerSimulator({ account: ACCOUNT }));
    const [ours, theirs] = [await play(server.url, scenario), await play(endpoint, scenario)];
    await server.stop();
    for (const [index, [operation]] of scenario.steps.entries()) {
      const answers = `simulator ${shown(ours[index])}, ${name} ${shown(theirs[index])}`;
      const place = `${scenario.name} ${index + 1}`;
      const same = ours[index] === theirs[index];
      const difference = known.get(place);
      seen.add(place);
      if (same === (difference === undefined)) {
        passed++;
        if (!same) {
          differing++;
          console.log(`differs, as known: ${place} (${operation}): ${answers}. ${difference!.decision}`);
        }
      } else {
        failed++;
        console.log(`FAILED ${place} (${operation}): ${same ? `listed as different, and both answer ${shown(ours[index])}` : answers}`);
      }
    }
  }
  for (const place of [...known.keys()].filter((listed) => !seen.has(listed))) {
    failed++;
    console.log(`FAILED ${place}: listed as different, and there is no such step`);
  }
  console.log(`${name}: ${SCENARIOS.length} scenarios, ${passed} answers as expected, ${differing} of them known to differ`);
  console.log(`${passed} passed, ${failed} failed`);
  // Its IAM has the limit of two access keys.
  const targets = name === 'moto' ? [await checkAccessKeys(name, endpoint, ACCOUNT), await checkMemoryDbUsers(name, endpoint, ACCOUNT)] : [];
  for (const { summary } of targets) { console.log(summary); }
  process.exitCode = failed === 0 && targets.every(({ allPassed }) => allPassed) ? 0 : 1;
}

void withPeer(main).catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
