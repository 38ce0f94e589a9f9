/*
 * The file that Lambda runs, in a process of its own, beside a stand-in for MongoDB.
 */
import { join } from 'node:path';
import { makeMongoUser, makeSuperuser, SUPERUSER } from './fixture';
import { letsInMongo, startMongo } from '../../../../../servers/mongo/mongo';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../../src/contract';
import { FunctionProcess } from '../../../../../tools/function-process';

const ROOT = join(__dirname, '..', '..', '..', '..', '..');

jest.setTimeout(60_000);

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

test.each(['mongoDb', 'documentDb'] as const)('the asset alternates between two users of %s, and refuses no login with AWSCURRENT or AWSPREVIOUS', async (product) => {
  const server = await startMongo({ product });
  cleanUp.push(() => server.stop());
  await makeSuperuser(server);
  const { host, port, ca } = server;
  const user = { username: 'user_of_asset', password: 'first-password-of-all' };
  await makeMongoUser(server, user);
  const simulator = new SecretsManagerSimulator();
  const json = (login: object) => JSON.stringify({ engine: 'mongo', host, port, ssl: true, ...login });
  const arn = simulator.createSecret('secret', json(user));
  simulator.createSecret('superuser', json(SUPERUSER));
  const service = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => service.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(ROOT, 'assets', 'mongo'),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: serializeConfig({ target: product, superuserSecretArn: 'superuser', certificateAuthority: ca, passwordPolicy: {} }),
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
    for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(await letsInMongo(server, login(label))).toBe(true); }
    passwords.push(login('AWSCURRENT').password);
  }
  expect(new Set(passwords).size).toBe(4);
  expect(output).toContain('setSecret succeeded');
  for (const password of [...passwords, SUPERUSER.password]) { expect(output).not.toContain(password); }
});
