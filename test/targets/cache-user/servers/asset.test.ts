/*
 * The file that Lambda runs, in a process of its own, with a stand-in for the API over a real Valkey. It has no endpoint of the cache: the bundled
 * asset trusts public certificate authorities only, so the test itself logs in.
 */
import { join } from 'node:path';
import { RedisProbe, startRedis } from '../../../../servers/redis/redis';
import { CacheService, CacheServiceEndpoint, USER_ARNS } from '../../../../servers/stand-ins/cache-service';
import { CREDENTIALS } from '../../../../servers/stand-ins/publishing-endpoint';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../src/contract';
import { CACHE_USER_TARGETS } from '../../../../src/targets/cache-user/contract';
import { FunctionProcess } from '../../../../tools/function-process';

const ROOT = join(__dirname, '..', '..', '..', '..');

const cleanUp: (() => unknown)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

test.each(CACHE_USER_TARGETS)('the asset %s rotates a user twice, and refuses no login with AWSCURRENT or AWSPREVIOUS', async (target) => {
  const server = await startRedis({ product: 'valkey-8' });
  cleanUp.push(() => server.stop());
  const probe = new RedisProbe(server);
  cleanUp.push(() => probe.close());
  const service = new CacheService(server, probe);
  service.looks = 1;
  const user = { username: 'app', password: 'first-password-of-all' };
  await service.reset(user.password);
  const endpoint = await CacheServiceEndpoint.start(service);
  cleanUp.push(() => endpoint.stop());
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ ...user, user_arn: USER_ARNS[target] }));
  const secretsManager = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => secretsManager.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      ...CREDENTIALS,
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(ROOT, 'assets', target),
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ENDPOINT_URL_ELASTICACHE: endpoint.url,
      AWS_ENDPOINT_URL_MEMORYDB: endpoint.url,
      [CONFIG_VARIABLE]: serializeConfig({ target, userArn: USER_ARNS[target], passwordPolicy: {} }),
    },
    functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => functionProcess.kill());
  const passwords = [user.password];
  for (let n = 0; n < 2; n++) {
    expect(await rotate(simulator, arn, { invoke: (event) => functionProcess.invoke(event), attempts: 1 })).toMatchObject({ outcome: 'succeeded', failures: [] });
    for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) {
      const login = JSON.parse(simulator.inspect(arn).value(label) as string) as typeof user;
      expect(await service.accepts(login)).toBe(true);
      passwords.push(login.password);
    }
  }
  expect(new Set(passwords).size).toBe(3);
  // The region of the user, not of the function.
  expect(endpoint.asked.every((line) => line.includes(' eu-west-1 '))).toBe(true);
  for (const password of passwords) { expect(output).not.toContain(password); }
}, 60_000);
