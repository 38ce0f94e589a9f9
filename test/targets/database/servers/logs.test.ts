/*
 * The rotation contract's case 69 on real servers. Every failing test in this folder has the same check, by `fails`. This file has a failure of
 * each kind with all its output, and tests the check itself.
 */
import { created, expectNoSecrets, fails, formsOf } from './failing';
import { DatabaseHarness, MARIADB, MYSQL, POSTGRES, REDSHIFT, STRATEGIES } from './fixture';
import type { DatabaseServer } from '../../../../servers';
import { passwordOf } from '../../../harness';

describe.each([POSTGRES, MARIADB, MYSQL, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(() => server.stop());

  test.each(STRATEGIES)('case 69: %s: no password, no value and no SQL is in the error of a failure, or in any log line', async (strategy) => {
    const wrongSuperuser = await DatabaseHarness.make(server, { strategy, superuserChanges: { password: 'not-the-password' }, changes: { password: 'not-it-either' } });
    await fails(wrongSuperuser, wrongSuperuser.step(await created(wrongSuperuser), 'setSecret'), 'AuthenticationError', /accepts? /);
    const noDatabase = await DatabaseHarness.make(server, { strategy, changes: { dbname: 'nowhere' } });
    await fails(noDatabase, noDatabase.step(await created(noDatabase), 'setSecret'), 'TargetRefusedError', /refused with /);
    const noServer = await DatabaseHarness.make(server, { strategy, changes: { port: 1 }, superuserChanges: { port: 1 } });
    await fails(noServer, noServer.step(await created(noServer), 'setSecret'), 'ConnectivityError', /ECONNREFUSED/);
    for (const { log } of [wrongSuperuser, noDatabase, noServer]) { expect(log.filter(({ level }) => level === 'ERROR')).toHaveLength(1); }
  });

  test('case 69: the check finds a password in each form in which it could leak', async () => {
    const h = await DatabaseHarness.make(server);
    await h.rotate();
    expectNoSecrets(h);
    for (const form of formsOf(passwordOf(h.value('AWSCURRENT')))) {
      h.log.push({ level: 'ERROR', message: `refused: ${form}` });
      expect(() => { expectNoSecrets(h); }).toThrow();
      h.log.pop();
      expect(() => { expectNoSecrets(h, new Error(`refused: ${form}`)); }).toThrow();
    }
    expect(() => { expectNoSecrets(h, new Error('ALTER ROLE it PASSWORD \'SCRAM-SHA-256$4096:\'')); }).toThrow();
  });
});
