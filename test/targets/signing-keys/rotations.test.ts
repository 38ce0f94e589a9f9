/*
 * Rotations while signers sign and verifiers verify: 10, or as many as ROTATIONS says. Each rotation is stopped at one of its calls, at each in
 * turn, before or after it.
 */
import { jose } from './jose';
import type { SignedCall } from '../../../lambda-src/aws/signed-call';
import { makeHandler } from '../../../lambda-src/handler';
import { s3Object } from '../../../lambda-src/targets/signing-keys/s3-object';
import { signingKeysTarget } from '../../../lambda-src/targets/signing-keys/target';
import { FakeS3 } from '../../../servers/stand-ins/fake-s3';
import { InMemoryClient, STEPS } from '../../../simulator';
import { Harness } from '../../harness';

const ROTATIONS = Number(process.env.ROTATIONS ?? 10);
const CACHE_SECONDS = 300;
const KEY = 'jwks.json';
const CONFIG = {
  target: 'signing-keys',
  algorithm: 'ES256',
  rsaModulusLength: 2048,
  publication: { bucketName: 'keys', bucketRegion: 'eu-west-1', objectKey: KEY, cacheSeconds: CACHE_SECONDS },
  passwordPolicy: {},
};

interface Value {
  readonly current: { kty: string; kid: string; alg: string };
  readonly jwks: { keys: { kty: string }[] };
}

jest.setTimeout(600_000);

test(`no token is refused through ${ROTATIONS} rotations, at whichever call they stop`, async () => {
  const s3 = new FakeS3('keys');
  const harness = new Harness({ value: '{"issuer":"https://example.com"}', config: CONFIG });
  const valueOf = (label: string) => {
    const value = harness.secret.stages[label as 'AWSCURRENT'] === undefined ? undefined : JSON.parse(harness.value(label)) as Partial<Value>;
    return value?.current === undefined ? undefined : value as Value;
  };
  let [tokens, refused] = [0, 0];

  /** Signers read the secret now, or cached the previous version. Verifiers have the object or the secret, current or cached. */
  const signAndVerify = async () => {
    const values = [valueOf('AWSCURRENT'), valueOf('AWSPREVIOUS')].filter((value) => value !== undefined);
    const sets = [...s3.cachedFor(KEY, CACHE_SECONDS * 1_000).map((body) => JSON.parse(body) as Value['jwks']), ...values.map(({ jwks }) => jwks)].map((set) => jose.createLocalJWKSet(set));
    for (const { current } of values) {
      const token = await new jose.SignJWT({}).setProtectedHeader({ alg: current.alg, kid: current.kid }).setExpirationTime('5m').sign(await jose.importJWK(current));
      for (const set of sets) {
        tokens++;
        await jose.jwtVerify(token, set).catch(() => { refused++; });
      }
    }
  };

  let calls = 0;
  let stop: { readonly call: number; readonly isBefore: boolean } | undefined;
  const stoppable = async <T>(call: () => Promise<T>): Promise<T> => {
    const isHere = calls++ === stop?.call;
    if (isHere && stop!.isBefore) { throw new Error('stopped'); }
    const answer = await call();
    await signAndVerify();
    if (isHere) { throw new Error('stopped'); }
    return answer;
  };
  const client = new InMemoryClient(harness.simulator);
  const call: SignedCall = (request, signal) => stoppable(() => s3.call(request, signal));
  const newCopy = () => makeHandler((config) => signingKeysTarget(config, (publication) => s3Object(publication, call)), {
    client: { send: (operation: never, input: never) => stoppable(() => client.send(operation, input)) } as never,
    log: () => {},
    sleep: async () => {},
  });

  let stops = 0;
  for (let n = 0; n < ROTATIONS; n++) {
    const rotation = harness.start();
    // At each of some twenty calls, before or after it.
    stop = { call: ROTATIONS < 40 ? (n * 7) % 20 : Math.floor(n / 2) % 20, isBefore: n % 2 === 0 };
    calls = 0;
    let isOver = false;
    for (let attempt = 0; !isOver && attempt < 3; attempt++) {
      const copy = newCopy();
      try {
        for (const step of STEPS) { await harness.step(rotation, step, copy); }
        isOver = true;
      } catch {
        stops++;
        stop = undefined;
      }
      // The time until the service retries.
      s3.now += 60_000;
    }
    expect(isOver).toBe(true);
    expect(harness.secret.stages.AWSCURRENT).toBe(rotation.token);
    harness.simulator.completeRotation(harness.arn);
    s3.now += 4 * 3_600_000;
  }
  expect(stops).toBeGreaterThan(0.6 * ROTATIONS);
  expect(tokens).toBeGreaterThan(60 * ROTATIONS);
  expect(refused).toBe(0);
  expect(harness.secret.stages.AWSPREVIOUS).toBeDefined();
});
