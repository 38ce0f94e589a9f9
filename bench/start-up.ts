import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePeer, PEERS, type Peer } from './peers/bundles';
import { spreadOf, type Spread } from './statistics';
import { eventOf, SecretsManagerServer, SecretsManagerSimulator, startRotation } from '../simulator';
import { CONFIG_VARIABLE, serializeConfig, type HandlerConfig } from '../src/contract';

const HOST = join(__dirname, 'start-up.cjs');
const FLOOR = join(__dirname, 'peers', 'floor.cjs');
const ASSETS = join(__dirname, '..', 'assets');

export interface StartUp {
  readonly name: string;
  readonly peer: Peer | undefined;
  /** From the start of the process until the handler can take an event, in milliseconds. */
  readonly ready: Spread;
  /** Until its first reply, to `createSecret`. */
  readonly replied: Spread;
  /** Resident, after the reply, in bytes. */
  readonly memory: Spread;
}

interface Subject {
  readonly name: string;
  readonly peer?: Peer;
  readonly directory: string;
  readonly config?: HandlerConfig;
  /** In the secret. @default app */
  readonly username?: string;
  /** Runs testSecret in place of createSecret, for which a server would have to issue a credential. @default createSecret */
  readonly isTest?: boolean;
}

const CONFIGS: Record<Peer, HandlerConfig> = {
  generated: { target: 'generated', generateStringKey: 'password', passwordPolicy: {} },
  postgres: { target: 'postgres', passwordPolicy: {} },
  mysql: { target: 'mysql', passwordPolicy: {} },
};

const USER = { userArn: 'arn:aws:iam::111122223333:user/app', passwordPolicy: {} };

const SUPERUSER = { superuserSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:superuser-a1b2c3', passwordPolicy: {} };

/** There is no handwritten code to compare these with. */
const ALONE: readonly { readonly config: HandlerConfig; readonly username?: string }[] = [
  { config: { target: 'redshift', passwordPolicy: {} } },
  { config: { target: 'redis', ...SUPERUSER } },
  { config: { target: 'rabbitmq', ...SUPERUSER } },
  { config: { target: 'ldap', passwordPolicy: {} }, username: 'uid=app,dc=example,dc=com' },
  { config: { target: 'active-directory', passwordPolicy: {} }, username: 'app@ad.example.com' },
];

const ISSUED: readonly HandlerConfig[] = [
  { target: 'iam-access-key', accessKeyIdKey: 'accessKeyId', secretAccessKeyKey: 'secretAccessKey', ...USER },
  { target: 'ses-smtp', ...USER },
  { target: 'signing-keys', algorithm: 'ES256', rsaModulusLength: 2048, passwordPolicy: {} },
];

/** Each handler in many separate processes, in turns, so that other load affects all alike. */
export async function measureStartUps(node: string, runs: number): Promise<StartUp[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const subjects: Subject[] = [
      { name: 'nothing: a handler of one line', directory: makeHandler(folder, 'exports.handler = async () => {};\n') },
      { name: 'the floor: one signed request, without the SDK', directory: makeHandler(folder, readFileSync(FLOOR, 'utf8')) },
      ...PEERS.flatMap((peer): Subject[] => [
        subjectOf(peer),
        { name: `${peer}, by hand`, peer, directory: bundlePeer(peer, false, folder).directory },
        { name: `${peer}, by hand, with bundleAwsSDK`, peer, directory: bundlePeer(peer, true, folder).directory },
      ]),
      ...ALONE.map(({ config, username }): Subject => ({ name: `${config.target}, ours`, directory: join(ASSETS, config.target), config, username })),
      ...ISSUED.map((config): Subject => ({ name: `${config.target}, testSecret at deployment`, directory: join(ASSETS, config.target), config, isTest: true })),
    ];
    const seen = subjects.map(() => ({ ready: [] as number[], replied: [] as number[], memory: [] as number[] }));
    for (let run = -1; run < runs; run++) {
      for (const [index, subject] of subjects.entries()) {
        const { ready, replied, memory } = await startOnce(node, subject);
        // The first run fills the disk caches.
        if (run < 0) { continue; }
        seen[index].ready.push(ready);
        seen[index].replied.push(replied);
        seen[index].memory.push(memory);
      }
    }
    return subjects.map(({ name, peer }, index) => ({
      name, peer, ready: spreadOf(seen[index].ready), replied: spreadOf(seen[index].replied), memory: spreadOf(seen[index].memory),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function subjectOf(peer: Peer): Subject {
  return { name: `${peer}, ours`, peer, directory: join(ASSETS, peer), config: CONFIGS[peer] };
}

function makeHandler(folder: string, source: string): string {
  const directory = mkdtempSync(join(folder, 'handler-'));
  writeFileSync(join(directory, 'index.js'), source);
  return directory;
}

/** One process with a handler, until its first reply. */
export async function startOnce(
  node: string, { directory, config, username = 'app', isTest = false }: Subject, nodeOptions: readonly string[] = [],
): Promise<{ ready: number; replied: number; memory: number }> {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('bench', isTest ? '{}' : JSON.stringify({ engine: config?.target, host: 'localhost', username, password: 'first-password-of-all' }));
  const rotation = startRotation(simulator, arn, { rotateImmediately: !isTest });
  const service = await SecretsManagerServer.start(simulator);
  const start = performance.timeOrigin + performance.now();
  const child = spawn(node, [...nodeOptions, HOST], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      LAMBDA_TASK_ROOT: directory,
      EVENT: JSON.stringify(eventOf(rotation, isTest ? 'testSecret' : 'createSecret')),
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      ...config && { [CONFIG_VARIABLE]: serializeConfig(config) },
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const code = await new Promise((resolve) => child.once('close', resolve));
  await service.stop();
  if (code !== 0) { throw new Error(`The handler in ${directory} ended with ${String(code)}: ${output}`); }
  const { ready, replied, memory } = JSON.parse(output.trim().split('\n').at(-1)!) as { ready: number; replied: number; memory: number };
  return { ready: ready - start, replied: replied - start, memory };
}
