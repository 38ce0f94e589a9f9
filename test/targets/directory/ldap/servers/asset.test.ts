/*
 * The file that Lambda runs, in a process of its own, beside a real server.
 */
import { join } from 'node:path';
import { letsInLdap, makeLdapUser, SERVICES, startLdap } from '../../../../../servers/ldap/ldap';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../../src/contract';
import { FunctionProcess } from '../../../../../tools/function-process';

const ROOT = join(__dirname, '..', '..', '..', '..', '..');

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

test.each([true, undefined])('the asset rotates a user three times, with two passwords: %s', async (dualPasswords) => {
  const server = await startLdap();
  cleanUp.push(() => server.stop());
  const { host, port, ca, superuser } = server;
  const user = { username: `uid=user_of_asset,${SERVICES}`, password: 'first-password-of-all' };
  await makeLdapUser(server, user.username, user.password);
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ host, port, ...user }));
  simulator.createSecret('superuser', JSON.stringify({ host, port, ...superuser }));
  const service = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => service.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(ROOT, 'assets', 'ldap'),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: serializeConfig({
        target: 'ldap', superuserSecretArn: dualPasswords && 'superuser', dualPasswords, certificateAuthority: ca, passwordPolicy: {},
      }),
    },
    functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => functionProcess.kill());
  const passwords = [user.password];
  const login = (label: string) => JSON.parse(simulator.inspect(arn).value(label) as string) as typeof user;
  for (let n = 0; n < 3; n++) {
    const result = await rotate(simulator, arn, { invoke: (event) => functionProcess.invoke(event), attempts: 1 });
    expect(result).toMatchObject({ outcome: 'succeeded', failures: [] });
    expect(await letsInLdap(server, login('AWSCURRENT'))).toBe(true);
    expect(await letsInLdap(server, login('AWSPREVIOUS'))).toBe(dualPasswords === true);
    passwords.push(login('AWSCURRENT').password);
  }
  expect(new Set(passwords).size).toBe(4);
  expect(output).toContain('setSecret succeeded');
  for (const password of [...passwords, superuser.password]) { expect(output).not.toContain(password); }
});
