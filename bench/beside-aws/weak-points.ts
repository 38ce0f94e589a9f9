import { Database, FIRST_LOGIN } from './database';
import { CountingProxy } from './fault-points';
import { ENGINE_NAMES, type Implementation } from './implementations';
import { FunctionFailure, TIMEOUT_MS } from './lambda-process';
import { inWorld, type World } from './world';
import type { RealEngine, ServerTls } from '../../servers';
import { eventOf, runRotation, startRotation, STEPS } from '../../simulator';

const ENGINES: readonly RealEngine[] = ['postgres', 'mysql', 'mariadb'];
const WRONG_TLS: readonly ServerTls[] = ['none', 'expired', 'wrongHost', 'unknownCa'];
const LOGGED_ROTATIONS = 4;

/** Values of a secret as people and tools write them, each with the same keys. The second one is how Python's `json.dumps` writes. */
const LAYOUTS: readonly ((fields: Record<string, unknown>) => string)[] = [
  (fields) => JSON.stringify(fields),
  (fields) => JSON.stringify(fields, undefined, 1).replaceAll(/\n\s*/g, ' ').replace('{ ', '{').replace(' }', '}'),
  (fields) => JSON.stringify(fields, undefined, 2),
  (fields) => `${JSON.stringify(fields)}\n`,
  (fields) => JSON.stringify({ ...fields, note: 'Grüße' }),
  (fields) => JSON.stringify({ ...fields, note: '-' }).replace('"-"', '"Gr\\u00FC\\u00DFe"'),
  (fields) => JSON.stringify({ ...fields, url: '-' }).replace('"-"', '"https:\\/\\/example.com"'),
  (fields) => JSON.stringify({ ...fields, ratio: 0 }).replace('"ratio":0', '"ratio":1.50'),
  (fields) => JSON.stringify({ ...fields, limit: 0 }).replace('"limit":0', '"limit":1E3'),
];

export interface WeakPoint {
  readonly name: string;
  /** By the name of the implementation. */
  readonly found: Readonly<Record<string, string>>;
}

type Look = (implementation: Implementation) => Promise<string>;

/** What rotations of AWS's templates and of this package do where something else than a crash goes wrong. */
export async function lookAtWeakPoints(implementations: readonly Implementation[], databases: ReadonlyMap<string, Database>): Promise<WeakPoint[]> {
  const looks: readonly (readonly [string, Look])[] = [
    ['The pending value names another server, which accepts it', (implementation) => otherServer(implementation, databases)],
    ['A value is put by hand before `finishSecret`, and AWSPENDING stays', (implementation) => putByHand(implementation, databases)],
    ['Server without TLS, or with a certificate that is expired, for another host, or by an unknown authority', wrongTls],
    ['Every other byte of the JSON is kept', (implementation) => otherBytes(implementation, databases)],
    ['New passwords in the server\'s log', (implementation) => inLog(implementation, databases)],
    ['A right is revoked from the first user. Two rotations later', (implementation) => revoked(implementation, databases)],
    ['The server hangs in `setSecret`', (implementation) => hanging(implementation, databases)],
  ];
  const points: WeakPoint[] = [];
  for (const [name, look] of looks) {
    const found: Record<string, string> = {};
    for (const implementation of implementations) { found[implementation.name] = await look(implementation); }
    points.push({ name, found });
  }
  return points;
}

const single = (engine: RealEngine) => ({ engine, alternating: false });
const count = (results: readonly boolean[]) => `${results.filter(Boolean).length} of ${results.length}`;

async function otherServer(implementation: Implementation, databases: ReadonlyMap<string, Database>): Promise<string> {
  const promoted: boolean[] = [];
  let dialled = 0;
  for (const engine of ENGINES) {
    const other = await Database.start(engine);
    const proxy = await CountingProxy.start(other.server.port);
    try {
      await inWorld({ implementation, variant: single(engine), database: databases.get(engine)!, furtherCa: other.server.ca }, async (world) => {
        await world.startOver();
        const { token } = startRotation(world.simulator, world.secret);
        const SecretString = world.valueOf(FIRST_LOGIN, { host: '127.0.0.1', port: proxy.port });
        world.simulator.perform('PutSecretValue', { SecretId: world.secret, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] });
        await runRotation(world.simulator, world.secret, { attempts: 1, invoke: (event) => world.invoke(event) });
        promoted.push(world.simulator.inspect(world.secret).stages.AWSCURRENT === token);
      });
      dialled += Math.min(1, proxy.connections);
    } finally {
      await proxy.stop();
      await other.stop();
    }
  }
  return `promoted: ${count(promoted)}; the other server is dialled: ${dialled} of ${ENGINES.length}`;
}

async function putByHand(implementation: Implementation, databases: ReadonlyMap<string, Database>): Promise<string> {
  const stale: boolean[] = [];
  const errors = new Set<string>();
  for (const engine of ENGINES) {
    await inWorld({ implementation, variant: single(engine), database: databases.get(engine)! }, async (world) => {
      await world.startOver(undefined, { manualPutRemovesPending: false });
      const rotation = startRotation(world.simulator, world.secret);
      for (const step of STEPS.slice(0, 3)) { await world.invoke(eventOf(rotation, step)); }
      world.simulator.perform('PutSecretValue', { SecretId: world.secret, SecretString: world.valueOf({ ...FIRST_LOGIN, password: 'put-by-hand' }) });
      const failure = await failureOf(world, eventOf(rotation, 'finishSecret'));
      if (failure) { errors.add(failure.errorType); }
      stale.push(world.simulator.inspect(world.secret).stages.AWSCURRENT === rotation.token);
    });
  }
  return `older value promoted: ${count(stale)}${errors.size > 0 ? `; \`${[...errors].join('`, `')}\`` : ''}`;
}

async function failureOf(world: World, event: Parameters<World['invoke']>[0]): Promise<FunctionFailure | undefined> {
  try {
    await world.invoke(event);
    return undefined;
  } catch (error) {
    if (error instanceof FunctionFailure) { return error; }
    throw error;
  }
}

async function wrongTls(implementation: Implementation): Promise<string> {
  const [rotated, readable]: boolean[][] = [[], []];
  for (const engine of ['postgres', 'mariadb'] as const) {
    for (const tls of WRONG_TLS) {
      const database = await Database.start(engine, { tls, plaintext: true });
      try {
        await inWorld({ implementation, variant: single(engine), database }, async (world) => {
          await world.startOver();
          rotated.push(await world.rotate());
          const { versions } = world.simulator.inspect(world.secret);
          const { password } = world.loginOf(versions[versions.length - 1].id);
          readable.push(Buffer.concat(world.proxy.sent).includes(password));
        });
      } finally {
        await database.stop();
      }
    }
  }
  return `rotated: ${count(rotated)}; new password in plaintext on the wire: ${count(readable)}`;
}

async function otherBytes(implementation: Implementation, databases: ReadonlyMap<string, Database>): Promise<string> {
  const kept: boolean[] = [];
  await inWorld({ implementation, variant: single('postgres'), database: databases.get('postgres')! }, async (world) => {
    for (const layout of LAYOUTS) {
      const value = layout(JSON.parse(world.valueOf(FIRST_LOGIN)) as Record<string, unknown>);
      await world.startOver(value);
      const rotation = startRotation(world.simulator, world.secret);
      await world.invoke(eventOf(rotation, 'createSecret'));
      const { password } = world.loginOf(rotation.token);
      const written = JSON.stringify(password).slice(1, -1);
      kept.push(world.simulator.inspect(world.secret).value(rotation.token) === value.replace(FIRST_LOGIN.password, () => written));
    }
  });
  return count(kept);
}

async function inLog(implementation: Implementation, databases: ReadonlyMap<string, Database>): Promise<string> {
  const found: string[] = [];
  for (const engine of ENGINES) {
    const database = databases.get(engine)!;
    await inWorld({ implementation, variant: single(engine), database }, async (world) => {
      await world.startOver();
      const passwords: string[] = [];
      for (let rotation = 0; rotation < LOGGED_ROTATIONS; rotation++) {
        await world.rotate();
        passwords.push(world.loginOf('AWSCURRENT').password);
      }
      const logs = await database.server.logs();
      found.push(`${ENGINE_NAMES[engine]} ${count(passwords.map((password) => logs.includes(password)))}`);
    });
  }
  return found.join(', ');
}

async function revoked(implementation: Implementation, databases: ReadonlyMap<string, Database>): Promise<string> {
  const found: string[] = [];
  for (const engine of ENGINES) {
    const database = databases.get(engine)!;
    await inWorld({ implementation, variant: { engine, alternating: true }, database }, async (world) => {
      await world.startOver();
      await world.rotate();
      await database.letInsert(false);
      await world.rotate();
      await world.rotate();
      found.push(`${ENGINE_NAMES[engine]} ${await database.mayInsert() ? 'back' : 'gone'}`);
      await database.letInsert(true);
    });
  }
  return found.join(', ');
}

async function hanging(implementation: Implementation, databases: ReadonlyMap<string, Database>): Promise<string> {
  const found = await Promise.all(ENGINES.map(async (engine) => {
    const { server } = databases.get(engine)!;
    return inWorld({ implementation, variant: single(engine), database: databases.get(engine)! }, async (world) => {
      await world.startOver();
      const rotation = startRotation(world.simulator, world.secret);
      await world.invoke(eventOf(rotation, 'createSecret'));
      server.pause();
      const start = performance.now();
      try {
        const failure = await failureOf(world, eventOf(rotation, 'setSecret'));
        const elapsed = performance.now() - start;
        const how = elapsed >= TIMEOUT_MS ? 'killed at its timeout' : `\`${failure?.errorType}\``;
        return `${ENGINE_NAMES[engine]} ${(elapsed / 1000).toFixed(0)} s, ${how}`;
      } finally {
        server.resume();
      }
    });
  }));
  return found.join('; ');
}
