/*
 * The file that Lambda runs, in a process of its own, beside a stand-in for SQL Server.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { KINDS, letsIn, makeUser, prepare, SHOP, SUPERUSER } from './fixture';
import { startSqlServerStandIn } from '../../../../../servers/stand-ins/sql-server/sql-server';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../../src/contract';
import { FunctionProcess } from '../../../../../tools/function-process';

const ASSET = join(__dirname, '..', '..', '..', '..', '..', 'assets', 'sql-server');

jest.setTimeout(60_000);

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

test.each(KINDS)('the asset rotates a %s, and says no password', async (kind) => {
  const server = await startSqlServerStandIn();
  cleanUp.push(() => server.stop());
  prepare(server);
  const { host, port, ca } = server;
  const user = { username: 'user_of_asset', password: 'First-password-of-all-1', dbname: kind.startsWith('login') ? undefined : SHOP };
  makeUser(server, kind, user);
  const simulator = new SecretsManagerSimulator();
  const json = (login: object) => JSON.stringify({ engine: 'sqlserver', host, port, ...login });
  const arn = simulator.createSecret('secret', json(user));
  simulator.createSecret('superuser', json(SUPERUSER));
  const service = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => service.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: ASSET,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: serializeConfig({
        target: 'sqlServer', ...kind.endsWith('superuser') ? { superuserSecretArn: 'superuser', singleUser: true } : {}, certificateAuthority: ca, passwordPolicy: {},
      }),
    },
    functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => functionProcess.kill());
  const login = (label: string) => JSON.parse(simulator.inspect(arn).value(label) as string) as typeof user;
  const passwords = [user.password];
  for (let n = 0; n < 3; n++) {
    const result = await rotate(simulator, arn, { invoke: (event) => functionProcess.invoke(event), attempts: 1 });
    expect(result).toMatchObject({ outcome: 'succeeded', failures: [] });
    expect(await letsIn(server, login('AWSCURRENT'))).toBe(true);
    passwords.push(login('AWSCURRENT').password);
  }
  expect(new Set(passwords).size).toBe(4);
  expect(server.plaintextLogins).toEqual([]);
  expect(output).toContain('setSecret succeeded');
  for (const password of [...passwords, SUPERUSER.password]) { expect(output).not.toContain(password); }
});

test('case 68: the certificates of RDS are beside the code', () => {
  const certificates = JSON.parse(gunzipSync(readFileSync(join(ASSET, 'rds-certificates.json.gz'))).toString()) as Record<string, string[]>;
  expect(certificates['eu-central-1'].length).toBeGreaterThan(1);
});
