/* The services of the example under load, in a separate process, while the function is rotating the keys and is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { FakeS3, FakeS3Server, type S3Request } from '../../servers/stand-ins/fake-s3';
import { CREDENTIALS } from '../../servers/stand-ins/publishing-endpoint';
import { eventOf, runRotation, SecretsManagerServer, SecretsManagerSimulator, startRotation, STEPS } from '../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../src/contract';
import { FunctionProcess } from '../../tools/function-process';

const ROOT = join(__dirname, '..', '..');
/** ROTATIONS=50 takes some minutes. */
const ROTATIONS = Number(process.env.ROTATIONS ?? 5);
const CACHE_SECONDS = 1;
const BUCKET = 'keys';
const KEY = '.well-known/jwks.json';

/** By the clock of this machine, because verifiers cache by it. */
class RealTimeS3 extends FakeS3 {
  public override answer(request: S3Request) {
    this.now = Date.now();
    return super.answer(request);
  }
}

test(`no token is refused through ${ROTATIONS} rotations, in each of which the function is killed`, async () => {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', '{}');
  const server = await SecretsManagerServer.start(simulator);
  const bucket = await FakeS3Server.start(new RealTimeS3(BUCKET));
  const environment = { ...CREDENTIALS, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url, AWS_ENDPOINT_URL_S3: bucket.url };
  const load = () => FunctionProcess.start({
    environment: {
      ...environment,
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(ROOT, 'assets', 'signing-keys'),
      [CONFIG_VARIABLE]: serializeConfig({
        target: 'signing-keys', algorithm: 'ES256', rsaModulusLength: 2048, publication: { bucketName: BUCKET, objectKey: KEY, cacheSeconds: CACHE_SECONDS }, passwordPolicy: {},
      }),
    },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: () => {},
  });
  /** A rotation whose function is killed some milliseconds into one of its steps, and which is retried. */
  const rotate = async (killedStep?: number, milliseconds?: number) => {
    const rotation = startRotation(simulator, arn);
    if (killedStep !== undefined) {
      const fn = await load();
      for (const step of STEPS.slice(0, killedStep)) { await fn.invoke(eventOf(rotation, step)); }
      const run = fn.invoke(eventOf(rotation, STEPS[killedStep])).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await fn.kill();
      await run;
    }
    const fn = await load();
    expect(await runRotation(simulator, arn, { invoke: (event) => fn.invoke(event) })).toMatchObject({ outcome: 'succeeded' });
    await fn.kill();
  };

  try {
    await rotate();
    const services = spawn(process.execPath, [
      '--import', 'tsx', join(__dirname, 'signing-keys-load.mts'), arn, `${bucket.url}/${BUCKET}/${KEY}`, String(CACHE_SECONDS * 1_000),
    ], { cwd: ROOT, env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    services.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    const ended = once(services, 'exit');
    for (let n = 0; n < ROTATIONS; n++) { await rotate(n % STEPS.length, (n * 7) % 40); }
    services.stdin.end();
    expect(await ended).toEqual([0, null]);
    const report = JSON.parse(output) as { signed: number; verified: number; refused: number };
    if (process.env.ROTATIONS) { console.log(output); }
    expect(report).toMatchObject({ refused: 0, reasons: [] });
    expect(report.verified).toBeGreaterThan(ROTATIONS * 10);
  } finally {
    await Promise.all([server.stop(), bucket.stop()]);
  }
}, 600_000);
