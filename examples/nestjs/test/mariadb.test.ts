import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { DatabaseModule } from '#src/database/database.module.js';
import { DatabaseService } from '#src/database/database.service.js';
import { OrdersModule } from '#src/orders/orders.module.js';
import { OrdersService } from '#src/orders/orders.service.js';
import { Account } from '../rehearsal/account.js';
import type { Database } from '../rehearsal/database.js';
import { startMariaDb } from '../rehearsal/mariadb.js';
import { compile } from './support.js';

describe('DatabaseService with MariaDB and dual passwords', () => {
  let mariaDb: Database;
  let module: TestingModule | undefined;
  let account: Account | undefined;
  let reads = 0;
  let user = 0;

  before(async () => { mariaDb = await startMariaDb(); });
  after(async () => mariaDb.stop());
  afterEach(async () => {
    await module?.close();
    await account?.close();
    [module, account] = [undefined, undefined];
    await mariaDb.run(mariaDb.master, 'DROP TABLE orders');
  });

  const start = async (environment: Record<string, unknown> = {}) => {
    account = await Account.open(mariaDb, 'dual passwords', `user${++user}`);
    reads = 0;
    module = await compile([DatabaseModule, OrdersModule], await account.entrance(() => { reads++; }), {
      SECRET_ID: account.secretId, DATABASE_CA_FILE: mariaDb.authorityFile, DATABASE_CONNECTIONS: 3, ...environment,
    });
    return { account, database: module.get(DatabaseService), orders: module.get(OrdersService) };
  };
  const sessionOf = async (database: DatabaseService) =>
    (await database.query<{ id: string; name: string }>('SELECT connection_id() AS id, substring_index(user(), \'@\', 1) AS name'))[0];

  it('logs in as the secret says, over TLS, with a certificate to trust', async () => {
    const { account, database } = await start();
    assert.equal((await sessionOf(database)).name, account.login().username);
    const [{ Value }] = await database.query<{ Value: string }>('SHOW SESSION STATUS LIKE \'Ssl_version\'');
    assert.match(Value, /^TLSv1\.[23]$/);
  });

  it('doesn\'t log in where the certificate isn\'t one to trust', async () => {
    const { database } = await start({ DATABASE_CA_FILE: undefined });
    await assert.rejects(sessionOf(database), /certificate/);
  });

  it('has orders as with PostgreSQL', async () => {
    const { orders } = await start();
    const order = await orders.place('it\'s a \\ "text"', 3);
    assert.deepEqual({ ...order, placedAt: undefined }, { id: '1', item: 'it\'s a \\ "text"', quantity: 3, placedAt: undefined });
    assert.deepEqual(await orders.find('1'), order);
    assert.deepEqual(await orders.latest(), [order]);
  });

  it('notices nothing of a rotation, and reads once after two, with new connections', async () => {
    const { account, database } = await start({ DATABASE_CONNECTION_SECONDS: 0.05 });
    const first = await sessionOf(database);
    await account.rotate();
    await sleep(100);
    const second = await sessionOf(database);
    assert.deepEqual([second.name, reads], [first.name, 1]);
    assert.notEqual(second.id, first.id);
    await account.rotate();
    await sleep(100);
    assert.equal((await sessionOf(database)).name, first.name);
    assert.equal(reads, 2);
  });

  it('uses a connection again until it is too old', async () => {
    const { database } = await start();
    assert.equal((await sessionOf(database)).id, (await sessionOf(database)).id);
  });
});
