/*
 * CloudFormation generated a new password that the server doesn't know: the claims of docs/changing-a-secret.md, on real servers.
 */
import { fails, created } from './failing';
import { DatabaseHarness, letsIn, MARIADB, MYSQL, POSTGRES } from './fixture';
import type { DatabaseServer } from '../../../../servers';
import { recover, regenerate } from '../../../regeneration/regenerating';

describe.each([POSTGRES, MARIADB, MYSQL])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  /** A template with all keys that attach would add. */
  const templateOf = ({ user }: DatabaseHarness) =>
    ({ engine: server.engine, host: server.host, port: server.port, username: user.username, dbname: server.database, application: 'changed' });

  test('a single user, with host and engine in the template: the next rotation repairs it with the previous password', async () => {
    const h = await DatabaseHarness.make(server);
    await h.rotate();
    regenerate(h, templateOf(h));
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(false);
    expect(await letsIn(server, h.login('AWSPREVIOUS'))).toBe(true);
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('alternating users: the rotation fails, changes no user, and continues when AWSCURRENT moved back', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers' });
    await h.rotate();
    regenerate(h, templateOf(h));
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(false);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /does not accept the credentials of the version with AWSCURRENT, so nothing was changed/);
    recover(h);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });
});
