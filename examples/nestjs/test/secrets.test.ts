import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { TestingModule } from '@nestjs/testing';
import { SecretsModule } from '#src/secrets/secrets.module.js';
import { SecretsService } from '#src/secrets/secrets.service.js';
import { SecretsManagerServer, SecretsManagerSimulator } from '../rehearsal/repository.js';
import { compile } from './support.js';

const MANY = 20;

describe('SecretsService', () => {
  let simulator: SecretsManagerSimulator;
  let server: SecretsManagerServer;
  let secretId: string;
  let module: TestingModule | undefined;
  let reads: number;
  let inFlight: number;
  let mostInFlight: number;
  let unavailable: boolean;

  beforeEach(async () => {
    simulator = new SecretsManagerSimulator();
    secretId = simulator.createSecret('orders/database', 'first');
    [reads, inFlight, mostInFlight, unavailable] = [0, 0, 0, false];
    server = await SecretsManagerServer.start(simulator, {
      before: async () => {
        reads++;
        mostInFlight = Math.max(mostInFlight, ++inFlight);
        await sleep(20);
        inFlight--;
        if (unavailable) { throw new Error('cut'); }
      },
    });
  });

  afterEach(async () => {
    await module?.close();
    module = undefined;
    await server.stop();
  });

  const start = async (environment: Record<string, unknown> = {}) => {
    module = await compile([SecretsModule], server.url, { SECRET_ID: secretId, ...environment });
    return module.get(SecretsService);
  };
  const put = (text: string) => simulator.perform('PutSecretValue', { SecretId: secretId, SecretString: text });

  it('reads once in five minutes', async () => {
    const secrets = await start();
    const version = await secrets.current();
    put('second');
    for (let n = 0; n < MANY; n++) { assert.equal(await secrets.current(), version); }
    assert.equal(version.reveal(), 'first');
    assert.equal(reads, 1);
  });

  it('reads again when what it has is too old', async () => {
    const secrets = await start({ SECRET_TTL_SECONDS: 0.1 });
    await secrets.current();
    put('second');
    await sleep(150);
    assert.equal((await secrets.current()).reveal(), 'second');
    assert.equal(reads, 2);
  });

  it('has one read in flight at a time, for everybody', async () => {
    const secrets = await start();
    const versions = await Promise.all(Array.from({ length: MANY }, async () => secrets.current()));
    assert.equal(new Set(versions).size, 1);
    assert.equal(reads, 1);
  });

  it('tries again after a read that failed', async () => {
    const secrets = await start();
    unavailable = true;
    await assert.rejects(secrets.current());
    unavailable = false;
    assert.equal((await secrets.current()).reveal(), 'first');
  });

  it('finds the replacement of a refused version with one read, for everybody', async () => {
    const secrets = await start();
    const refused = await secrets.current();
    put('second');
    const found = await Promise.all(Array.from({ length: MANY }, async () => secrets.replacementOf(refused)));
    assert.deepEqual(new Set(found.map((version) => version?.reveal())), new Set(['second']));
    assert.equal((await secrets.current()).reveal(), 'second');
    // Who comes late with the old version costs nothing.
    assert.equal((await secrets.replacementOf(refused))?.reveal(), 'second');
    assert.equal(reads, 2);
  });

  it('waits for a replacement, with few reads', async () => {
    const secrets = await start();
    const refused = await secrets.current();
    const found = Promise.all(Array.from({ length: MANY }, async () => secrets.replacementOf(refused)));
    await sleep(600);
    put('second');
    assert.deepEqual(new Set((await found).map((version) => version?.reveal())), new Set(['second']));
    assert.ok(reads <= 7, `${reads} reads`);
    assert.equal(mostInFlight, 1);
  });

  it('stops to wait when its patience is over, and starts anew when asked again', async () => {
    const secrets = await start({ LOGIN_PATIENCE_SECONDS: 0.3 });
    const refused = await secrets.current();
    const begin = performance.now();
    assert.equal(await secrets.replacementOf(refused), undefined);
    assert.ok(performance.now() - begin < 450);
    assert.ok(reads <= 5, `${reads} reads`);
    put('second');
    assert.equal((await secrets.replacementOf(refused))?.reveal(), 'second');
  });

  it('goes on waiting while Secrets Manager can\'t be reached', async () => {
    const secrets = await start();
    const refused = await secrets.current();
    unavailable = true;
    const found = secrets.replacementOf(refused);
    await sleep(100);
    put('second');
    unavailable = false;
    assert.equal((await found)?.reveal(), 'second');
  });

  it('tells the version and its age, and nothing before there is one', async () => {
    const secrets = await start();
    assert.equal(secrets.status(), null);
    const { versionId } = await secrets.current();
    assert.deepEqual(secrets.status(), { versionId, ageSeconds: 0 });
    assert.equal(versionId, simulator.inspect(secretId).stages.AWSCURRENT);
  });

  it('doesn\'t show the text of a version by accident', async () => {
    const version = await (await start()).current();
    assert.ok(!inspect(version, { showHidden: true, depth: 9 }).includes('first'));
    assert.ok(!JSON.stringify(version).includes('first'));
  });
});
