/*
 * The file that Lambda runs, in a process of its own, beside a real server.
 */
import { join } from 'node:path';
import { askRabbitMq, startRabbitMq } from '../../../../servers/rabbitmq/rabbitmq';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../src/contract';
import { FunctionProcess } from '../../../../tools/function-process';

const ROOT = join(__dirname, '..', '..', '..', '..');

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

test('the asset rotates a user three times, and the server accepts AWSCURRENT and AWSPREVIOUS of alternating users', async () => {
  const server = await startRabbitMq();
  cleanUp.push(() => server.stop());
  const { host, port, managementPort, ca, administrator } = server;
  const user = { username: 'user_of_asset', password: 'first-password-of-all' };
  await askRabbitMq(server, 'PUT', `users/${user.username}`, { password: user.password, tags: 'management' });
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ host, port, managementPort, ...user }));
  simulator.createSecret('superuser', JSON.stringify({ host, port, managementPort, ...administrator }));
  const service = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => service.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(ROOT, 'assets', 'rabbitmq'),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: serializeConfig({
        target: 'rabbitmq', superuserSecretArn: 'superuser', alternatingUsers: true, certificateAuthority: ca, passwordPolicy: {},
      }),
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
      const login = JSON.parse(simulator.inspect(arn).value(label) as string) as typeof user;
      expect(await askRabbitMq(server, 'GET', 'whoami', undefined, login)).toMatchObject({ name: login.username });
    }
    passwords.push((JSON.parse(simulator.inspect(arn).value('AWSCURRENT') as string) as typeof user).password);
  }
  expect(new Set(passwords).size).toBe(4);
  expect(output).toContain('setSecret succeeded');
  for (const password of [...passwords, administrator.password]) { expect(output).not.toContain(password); }
}, 90_000);
