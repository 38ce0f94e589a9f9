import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { INestApplication } from '@nestjs/common';
import { HealthModule } from '#src/health/health.module.js';
import { OrdersModule } from '#src/orders/orders.module.js';
import { Account } from '../rehearsal/account.js';
import { startPostgres, type Postgres } from '../rehearsal/postgres.js';
import { compile } from './support.js';

describe('the service', () => {
  let postgres: Postgres;
  let account: Account;
  let app: INestApplication;
  let url: string;
  const seen: string[] = [];

  before(async () => {
    postgres = await startPostgres();
    account = await Account.open(postgres, 'alternating users', 'app');
    const module = await compile([OrdersModule, HealthModule], await account.entrance(() => {}), {
      SECRET_ID: account.secretId, DATABASE_CA_FILE: postgres.authorityFile,
    });
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  after(async () => {
    await app.close();
    await account.close();
    await postgres.stop();
  });

  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(url + path, {
      method, headers: { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    seen.push(text);
    return { status: answer.status, body: JSON.parse(text) as Record<string, unknown> };
  };

  it('is healthy before it read the secret', async () => {
    assert.deepEqual(await send('GET', '/health'), { status: 200, body: { status: 'ok', secret: null } });
  });

  it('places orders and finds them', async () => {
    const placed = await send('POST', '/orders', { item: 'tea', quantity: 2 });
    assert.equal(placed.status, 201);
    assert.deepEqual({ ...placed.body, placedAt: undefined, id: undefined }, { item: 'tea', quantity: 2, placedAt: undefined, id: undefined });
    assert.deepEqual(await send('GET', `/orders/${placed.body.id as string}`), { status: 200, body: placed.body });
    assert.deepEqual(await send('GET', '/orders'), { status: 200, body: [placed.body] });
  });

  it('refuses what isn\'t an order', async () => {
    const quantities = [0, 1001, 1.5, '1'].map((quantity) => ({ item: 'tea', quantity }));
    for (const body of [{}, { item: '', quantity: 1 }, ...quantities]) {
      assert.equal((await send('POST', '/orders', body)).status, 400);
    }
    assert.equal((await send('GET', '/orders/tea')).status, 400);
    assert.equal((await send('GET', '/orders/999')).status, 404);
  });

  it('shows the version of the secret and its age, and nothing else of it', async () => {
    assert.deepEqual(await send('GET', '/health'), {
      status: 200, body: { status: 'ok', secret: { versionId: account.currentVersionId, ageSeconds: 0 } },
    });
    assert.ok(seen.length > 10);
    for (const text of seen) { assert.ok(!text.includes(account.login().password)); }
  });
});
