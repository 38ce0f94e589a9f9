/*
 * The file that Lambda runs, in a process of its own, beside a real server.
 */
import { join } from 'node:path';
import { makeUser } from './fixture';
import { letsInRedis, startRedis } from '../../../../servers/redis/redis';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../src/contract';
import { FunctionProcess } from '../../../../tools/function-process';

const ROOT = join(__dirname, '..', '..', '..', '..');

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

test('the asset rotates a user three times, and refuses no login with AWSCURRENT or AWSPREVIOUS', async () => {
  const server = await startRedis({ product: 'valkey-8' });
  cleanUp.push(() => server.stop());
  const { host, port, ca, superuser } = server;
  const user = { username: 'user_of_asset', password: 'first-password-of-all' };
  await makeUser([server], user);
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ host, port, ...user }));
  simulator.createSecret('superuser', JSON.stringify({ host, port, ...superuser }));
  const service = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => service.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(ROOT, 'assets', 'redis'),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: serializeConfig({ target: 'redis', superuserSecretArn: 'superuser', certificateAuthority: ca, passwordPolicy: {} }),
    },
    functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => functionProcess.kill());
  const passwords = [user.password];
  for (let n = 0; n < 3; n++) {
    const result = await rotate(simulator, arn, { invoke: (event) => functionProcess.invoke(event), attempts: 1 });
    expect(result).toMatchObject({ outcome: 'succeeded', failures: [] });
    for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) {
      expect(await letsInRedis(server, JSON.parse(simulator.inspect(arn).value(label) as string) as typeof user)).toBe(true);
    }
    passwords.push((JSON.parse(simulator.inspect(arn).value('AWSCURRENT') as string) as typeof user).password);
  }
  expect(new Set(passwords).size).toBe(4);
  expect(output).toContain('setSecret succeeded');
  for (const password of [...passwords, superuser.password]) { expect(output).not.toContain(password); }
});
