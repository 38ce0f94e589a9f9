import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceUnavailableException } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { DatabaseModule } from '#src/database/database.module.js';
import { DatabaseService } from '#src/database/database.service.js';
import { Account, type Strategy } from '../rehearsal/account.js';
import { startPostgres, type Postgres } from '../rehearsal/postgres.js';
import { compile } from './support.js';

const MANY = 20;

describe('DatabaseService', () => {
  let postgres: Postgres;
  let module: TestingModule | undefined;
  let account: Account | undefined;
  let reads = 0;

  before(async () => { postgres = await startPostgres(); });
  after(async () => postgres.stop());
  afterEach(async () => {
    await module?.close();
    await account?.close();
    [module, account] = [undefined, undefined];
  });

  let user = 0;
  const start = async (strategy: Strategy, environment: Record<string, unknown> = {}) => {
    account = await Account.open(postgres, strategy, `user${++user}`);
    reads = 0;
    const url = await account.entrance(() => { reads++; });
    module = await compile([DatabaseModule], url, {
      SECRET_ID: account.secretId, DATABASE_CA_FILE: postgres.authorityFile, DATABASE_CONNECTIONS: 3, ...environment,
    });
    return { account, database: module.get(DatabaseService) };
  };
  const whoami = async (database: DatabaseService) => (await database.query<{ name: string }>('SELECT session_user AS name'))[0].name;
  const sessionsOf = async (name: string) => {
    const [{ rows: [{ count }] }] = await postgres.run(account!.login(), `SELECT count(*) FROM pg_stat_activity WHERE usename = '${name}'`);
    return Number(count);
  };

  it('logs in as the secret says, over TLS', async () => {
    const { account, database } = await start('alternating users');
    assert.equal(await whoami(database), account.login().username);
    assert.deepEqual(await database.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'), [{ ssl: true }]);
    assert.equal(reads, 1);
  });

  it('doesn\'t log in where the certificate isn\'t one to trust', async () => {
    const { database } = await start('alternating users', { DATABASE_CA_FILE: undefined });
    await assert.rejects(whoami(database), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  it('notices nothing of one rotation with alternating users', async () => {
    const { account, database } = await start('alternating users', { DATABASE_CONNECTION_SECONDS: 0.05 });
    const first = await whoami(database);
    await account.rotate();
    await sleep(100);
    assert.equal(await whoami(database), first);
    assert.equal(reads, 1);
  });

  it('reads once more after two rotations within the cache\'s time, however many requests there are', async () => {
    const { account, database } = await start('alternating users', { DATABASE_CONNECTION_SECONDS: 0.05 });
    await whoami(database);
    await account.rotate();
    await account.rotate();
    await sleep(100);
    const names = await Promise.all(Array.from({ length: MANY }, async () => whoami(database)));
    assert.deepEqual(new Set(names), new Set([account.login().username]));
    assert.equal(reads, 2);
  });

  it('goes over to the other user when it reads again, and lets those who are at work finish', async () => {
    const { account, database } = await start('alternating users', { SECRET_TTL_SECONDS: 0.2 });
    const first = await whoami(database);
    let done!: () => void;
    const transaction = database.withClient(async (client) => {
      await client.query('BEGIN');
      await client.query('INSERT INTO orders (item, quantity) VALUES (\'slow\', 1)');
      await new Promise<void>((resolve) => { done = resolve; });
      await client.query('COMMIT');
    });
    await account.rotate();
    await sleep(250);
    const names = await Promise.all(Array.from({ length: MANY }, async () => whoami(database)));
    assert.deepEqual(new Set(names), new Set([account.login().username]));
    assert.notEqual(account.login().username, first);
    assert.ok(await sessionsOf(first) > 0);
    done();
    await transaction;
    await sleep(100);
    assert.equal(await sessionsOf(first), 0);
    assert.equal((await database.query('SELECT * FROM orders')).length, 1);
  });

  it('waits with a login between the change of a single user\'s password and the promotion', async () => {
    const { account, database } = await start('single user', { DATABASE_CONNECTION_SECONDS: 0.05 });
    await whoami(database);
    const requests: Promise<string>[] = [];
    await account.rotate(async (step) => {
      if (step !== 'testSecret') { return; }
      await sleep(100);
      requests.push(...Array.from({ length: MANY }, async () => whoami(database)));
      await sleep(300);
    });
    assert.deepEqual(new Set(await Promise.all(requests)), new Set([account.login().username]));
    assert.ok(reads <= 8, `${reads} reads`);
    assert.equal((await postgres.run(account.login(), 'SELECT 1')).length, 1);
  });

  it('goes on with the connections that it has, whatever happens to the password', async () => {
    const { account, database } = await start('single user');
    await whoami(database);
    await account.rotate(async () => { await whoami(database); });
    await whoami(database);
    assert.equal(reads, 1);
  });

  it('is unavailable while no version works, and available as soon as one does', async () => {
    const { account, database } = await start('single user', { LOGIN_PATIENCE_SECONDS: 0.3 });
    await postgres.run(postgres.master, `ALTER ROLE ${account.login().username} PASSWORD 'changed by hand'`);
    await assert.rejects(whoami(database), ServiceUnavailableException);
    assert.ok(reads <= 5, `${reads} reads`);
    await postgres.run(postgres.master, `ALTER ROLE ${account.login().username} PASSWORD '${account.login().password}'`);
    assert.equal(await whoami(database), account.login().username);
  });

  it('tries no statement again', async () => {
    const { database } = await start('alternating users');
    await assert.rejects(database.query('INSERT INTO orders (item, quantity) VALUES (\'none\', 0)'), { code: '23514' });
    await assert.rejects(database.query('SET ROLE nobody'), { code: '22023' });
    assert.equal(reads, 1);
    assert.deepEqual(await database.query('SELECT * FROM orders'), []);
  });
});
