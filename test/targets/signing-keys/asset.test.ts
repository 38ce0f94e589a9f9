/* The deployed file, over HTTP, with a service that checks its signatures. */
import { join } from 'node:path';
import { jose } from './jose';
import { FakeS3, FakeS3Server } from '../../../servers/stand-ins/fake-s3';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../src/contract';
import { ALGORITHMS } from '../../../src/targets/signing-keys/contract';
import { FunctionProcess } from '../../../tools/function-process';

const BUCKET = 'keys.example.com';
const KEY = 'a b/.well-known/jwks.json';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { await Promise.all(cleanUp.splice(0).map((end) => end())); });

async function serve(algorithm: string) {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', '{}');
  const server = await SecretsManagerServer.start(simulator);
  const s3 = new FakeS3(BUCKET);
  const bucket = await FakeS3Server.start(s3);
  let output = '';
  const fn = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(__dirname, '..', '..', '..', 'assets', 'signing-keys'),
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_SESSION_TOKEN: 'token',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
      AWS_ENDPOINT_URL_S3: bucket.url,
      [CONFIG_VARIABLE]: serializeConfig({
        target: 'signing-keys', algorithm, rsaModulusLength: 2048, publication: { bucketName: BUCKET, objectKey: KEY, cacheSeconds: 600 }, passwordPolicy: {},
      }),
    },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => fn.kill(), () => server.stop(), () => bucket.stop());
  return { simulator, arn, s3, rotation: () => rotate(simulator, arn, { invoke: (event) => fn.invoke(event) }), output: () => output };
}

test.each(ALGORITHMS)('%s: two rotations, and signatures are verified with the set in the bucket', async (algorithm) => {
  const { simulator, arn, s3, rotation, output } = await serve(algorithm);
  const secrets: string[] = [];
  for (let n = 0; n < 2; n++) {
    expect(await rotation()).toMatchObject({ outcome: 'succeeded', attempts: 1 });
    const { current, next } = JSON.parse(simulator.inspect(arn).value('AWSCURRENT') as string);
    secrets.push(current.d, next.d);
    const path = `/${BUCKET}/a%20b/.well-known/jwks.json`;
    expect(s3.requests.every((request) => request.path === path)).toBe(true);
    const { body } = s3.answer({ method: 'GET', path, headers: {}, body: '' });
    const token = await new jose.SignJWT({}).setProtectedHeader({ alg: current.alg, kid: current.kid }).sign(await jose.importJWK(current));
    await expect(jose.jwtVerify(token, jose.createLocalJWKSet(JSON.parse(body)), { algorithms: [algorithm] })).resolves.toBeDefined();
    // More than the cache time.
    s3.now += 3_600_000;
  }
  const seen = `${output()}${JSON.stringify(s3.requests)}`;
  expect(secrets.filter((secret) => seen.includes(secret))).toEqual([]);
});

test('a second rotation within the cache time fails, with the reason, and succeeds after it', async () => {
  const { simulator, arn, s3, rotation } = await serve('EdDSA');
  expect(await rotation()).toMatchObject({ outcome: 'succeeded' });
  s3.now += 1_000;
  const failed = await rotation();
  expect(failed).toMatchObject({ outcome: 'failed', failures: Array(5).fill(expect.objectContaining({ step: 'setSecret' })) });
  expect(failed.failures[0].error).toMatchObject({ errorType: 'TargetNotReadyError', message: expect.stringMatching(/verifiers may cache it for 600 seconds/) });
  simulator.perform('UpdateSecretVersionStage', { SecretId: arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: simulator.inspect(arn).stages.AWSPENDING });
  s3.now += 601_000;
  expect(await rotation()).toMatchObject({ outcome: 'succeeded' });
});
