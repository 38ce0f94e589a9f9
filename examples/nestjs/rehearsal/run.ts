import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '#src/health/health.controller.js';
import { Account, type Strategy } from './account.js';
import type { Database } from './database.js';
import { DESIGNS, type Design } from './designs.js';
import { Load } from './load.js';
import { Reads } from './reads.js';
import { REQUESTS_PER_SECOND, ROTATION_INTERVAL, TTL_SECONDS } from './scale.js';
import { ServiceProcess } from './service-process.js';

/** What is known of one design while it runs. */
export interface Lane {
  readonly design: Design;
  readonly load: Load;
  readonly reads: Reads;
}

export interface Progress {
  readonly strategy: Strategy;
  readonly rotations: number;
  readonly of: number;
  readonly lanes: readonly Lane[];
}

export interface Outcome extends Progress {
  /** From the first request to the last. */
  readonly seconds: number;
  /** What isn't as it should be, whatever the design. */
  readonly problems: readonly string[];
}

/** All designs side by side, on the same database, with the same secret and the same rotations. */
export async function run(database: Database, strategy: Strategy, of: number, onProgress: (progress: Progress) => void): Promise<Outcome> {
  const account = await Account.open(database, strategy, strategy === 'single user' ? 'single' : 'app');
  const bodies = new Set<string>();
  const services: ServiceProcess[] = [];
  const lanes: Lane[] = [];
  let rotations = 0;
  const progress = () => ({ strategy, rotations, of, lanes });
  const problems: string[] = [];
  try {
    const doors = await Promise.all(DESIGNS.map(async (design) => {
      const reads = new Reads();
      const secretsManager = await account.entrance(() => reads.count());
      const service = await ServiceProcess.start({ design, secretId: account.secretId, secretsManager, authorityFile: database.authorityFile });
      services.push(service);
      return { design, reads, service };
    }));
    const start = performance.now();
    lanes.push(...doors.map(({ design, reads, service }) => ({
      design, reads, load: new Load(service.url, design, REQUESTS_PER_SECOND, (body) => bodies.add(body)),
    })));
    await sleep(ROTATION_INTERVAL);
    while (rotations < of) {
      // Not in step with the cache, which would meet every rotation at the same age.
      const next = sleep(ROTATION_INTERVAL * (0.9 + 0.2 * Math.random()));
      await account.rotate();
      rotations++;
      onProgress(progress());
      await next;
    }
    await sleep(TTL_SECONDS * 1000 + 200);
    await Promise.all(lanes.map(async ({ load }) => load.stop()));
    const seconds = (performance.now() - start) / 1000;

    const ours = doors.find(({ design }) => design === 'this service')!.service;
    problems.push(...await checkHealth(ours, account.currentVersionId), ...await checkKeepAlive(ours));
    problems.push(...await checkOrders(database, account, lanes.find(({ design }) => design === 'this service')!));
    for (const service of services.splice(0)) {
      const end = await service.stop();
      if (service === ours && end !== 'SIGTERM') { problems.push(`this service ended with ${end}`); }
      bodies.add(service.output);
    }
    problems.push(...findLeaks(bodies, account.passwords));
    return { ...progress(), seconds, problems };
  } finally {
    for (const { load } of lanes) { void load.stop(); }
    await Promise.all(services.map(async (service) => service.stop()));
    await account.close();
  }
}

async function checkHealth(service: ServiceProcess, versionId: string): Promise<string[]> {
  const { secret } = await (await fetch(`${service.url}/health`)).json() as Health;
  return secret?.versionId === versionId ? [] : ['the service doesn\'t have the version that is current at the end'];
}

/** A load balancer keeps an idle connection for 60 s by default. If the service closes it first, a request that is just being sent fails. */
async function checkKeepAlive({ url }: ServiceProcess): Promise<string[]> {
  const response = await fetch(`${url}/health`);
  await response.text();
  const seconds = Number(/timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '')?.[1] ?? 0);
  return seconds > 60 ? [] : [`the service keeps an idle connection for ${seconds} s, and has to for more than 60 s`];
}

/** No order was placed twice because a login was tried again, and none was lost. */
async function checkOrders(database: Database, account: Account, { design, load }: Lane): Promise<string[]> {
  const [{ rows: [{ count }] }] = await database.run(account.login(), `SELECT count(*) AS count FROM orders WHERE item = '${design}'`);
  return Number(count) === load.placed ? [] : [`${design} placed ${load.placed} orders, and the database has ${Number(count)}`];
}

function findLeaks(texts: Iterable<string>, passwords: Iterable<string>): string[] {
  const all = [...texts].join('\n');
  return [...passwords].some((password) => all.includes(password)) ? ['a password is in an answer or in a log'] : [];
}
