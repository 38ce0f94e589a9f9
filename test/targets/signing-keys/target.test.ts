import { createHash } from 'node:crypto';
import type { SignedCall } from '../../../lambda-src/aws/signed-call';
import { makeHandler } from '../../../lambda-src/handler';
import { makeKey, publicOf, type PrivateJwk, type PublicJwk } from '../../../lambda-src/targets/signing-keys/keys';
import { s3Object } from '../../../lambda-src/targets/signing-keys/s3-object';
import { signingKeysTarget } from '../../../lambda-src/targets/signing-keys/target';
import { setOf } from '../../../lambda-src/targets/signing-keys/value';
import { FakeS3 } from '../../../servers/stand-ins/fake-s3';
import { InMemoryClient, STEPS } from '../../../simulator';
import { parseSigningKeysConfig, type Algorithm } from '../../../src/targets/signing-keys/contract';
import { failure, Harness } from '../../harness';

const OBJECT = '.well-known/jwks.json';
const CACHE_SECONDS = 600;
const PUBLICATION = { bucketName: 'keys', bucketRegion: 'eu-west-1', objectKey: OBJECT, cacheSeconds: CACHE_SECONDS };
const CONFIG = { target: 'signing-keys', algorithm: 'EdDSA', rsaModulusLength: 2048, passwordPolicy: {} };

interface Value {
  readonly current: PrivateJwk;
  readonly next: PrivateJwk;
  readonly jwks: { readonly keys: readonly PublicJwk[] };
}

class Keys extends Harness {
  constructor(value: string, config: object = {}, call: SignedCall = async () => { throw new Error('No call was expected'); }) {
    super({
      value,
      simulator: { manualPutRemovesPending: false },
      config: { ...CONFIG, ...config },
      makeTarget: (given) => signingKeysTarget(given, (publication) => s3Object(publication, call)),
    });
  }

  public keys(label = 'AWSCURRENT'): Value { return JSON.parse(this.value(label)) as Value; }

  public async rotate(): Promise<void> {
    await this.steps(this.start(), ...STEPS);
    this.simulator.completeRotation(this.arn);
  }

  public put(value: string): void {
    this.simulator.perform('PutSecretValue', { SecretId: this.arn, SecretString: value });
  }

  /** The error of a step with a pending value that a user put. */
  public async failureWith(value: string, step: typeof STEPS[number]): Promise<Error> {
    const rotation = this.start();
    this.simulator.perform('PutSecretValue', { SecretId: this.arn, ClientRequestToken: rotation.token, SecretString: value, VersionStages: ['AWSPENDING'] });
    return failure(this.step(rotation, step));
  }
}

/** The owner that the target stores with an object. */
const ownerOf = (arn: string) => createHash('sha256').update(arn).digest('hex');

const kids = (keys: readonly PublicJwk[]) => keys.map(({ kid }) => kid);
const key = (algorithm: Algorithm = 'EdDSA') => makeKey(algorithm, 2048);
const write = (value: object) => JSON.stringify(value);

describe('the value', () => {
  test('case 85: the first rotation makes all keys, and all else stays the same, to the byte', async () => {
    const harness = new Keys('{ "issuer": "https:\\/\\/example.com",\n  "port": 443.0 }');
    await harness.rotate();
    const { current, next, jwks } = harness.keys();
    expect(harness.value('AWSCURRENT')).toBe(`{ "issuer": "https:\\/\\/example.com",\n  "port": 443.0,"current":${write(current)},"next":${write(next)},"jwks":${write(jwks)} }`);
    expect(jwks.keys).toEqual([publicOf(current), publicOf(next)]);
  });

  test.each(['{}', ' { } ', '{"jwks_uri":"https://example.com"}'])('case 85: %s has no keys yet, and testSecret alone accepts it', async (value) => {
    const harness = new Keys(value);
    await harness.step(harness.start({ rotateImmediately: false }), 'testSecret');
    expect(harness.writes).toEqual([]);
  });

  test('testSecret alone accepts a key that a user put, and no rotation promotes it without a next one', async () => {
    const current = await key();
    for (const publication of [undefined, PUBLICATION]) {
      const harness = new Keys(write({ current }), { publication });
      await harness.step(harness.start({ rotateImmediately: false }), 'testSecret');
      expect(harness.writes).toEqual([]);
      const other = new Keys(write({ current }), { publication });
      expect(await other.failureWith(write({ current: await key() }), 'testSecret')).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(/lacks "current" or "next"/) });
    }
    const broken = new Keys(write({ current: { ...current, d: 'x' } }));
    expect(await failure(broken.step(broken.start({ rotateImmediately: false }), 'testSecret'))).toMatchObject({ name: 'SecretValueError' });
  });

  test('accepts a set with metadata, and drops it', async () => {
    const [current, older] = [await key('RS256'), await key('RS256')];
    const metadata = { 'x5c': ['MIIB'], 'x5t': 'abc', 'x5t#S256': 'abc', 'x5u': 'https://example.com', 'key_ops': ['verify'], 'ext': true, 'iss': 'https://example.com' };
    const harness = new Keys(write({ current: { ...current, key_ops: ['sign'], ext: true }, jwks: { keys: [older, current].map((each) => ({ ...publicOf(each), use: undefined, ...metadata })) } }));
    await harness.rotate();
    expect(harness.keys().jwks.keys).toEqual([older, current, harness.keys().next].map(publicOf));
  });

  test('each rotation makes the next key the current one, and keeps the key that signed before', async () => {
    const harness = new Keys('{}');
    await harness.rotate();
    let before = harness.keys();
    for (let n = 0; n < 3; n++) {
      await harness.rotate();
      const { current, next, jwks } = harness.keys();
      expect(current).toEqual(before.next);
      expect(jwks.keys).toEqual([before.current, current, next].map(publicOf));
      before = { current, next, jwks };
    }
  });

  test('case 12: the keys keep their places, and all others stay the same, to the byte', async () => {
    const [current, next] = [await key(), await key()];
    const value = `{"a": 1.0, "next" : ${write(next)} ,"current":${write(current)},\t"jwks":{"keys":[${[current, next].map((each) => write(publicOf(each))).join(' , ')}]}, "current_":2e1}`;
    const harness = new Keys(value);
    await harness.rotate();
    const rotated = harness.keys();
    expect(harness.value('AWSCURRENT')).toBe(`{"a": 1.0, "next" : ${write(rotated.next)} ,"current":${write(next)},\t"jwks":${write(rotated.jwks)}, "current_":2e1}`);
  });

  test('the next key has the new algorithm, and signs a rotation later', async () => {
    const old = new Keys('{}');
    await old.rotate();
    const harness = new Keys(old.value('AWSCURRENT'), { algorithm: 'ES384' });
    const algorithms = async () => {
      await harness.rotate();
      const { current, next } = harness.keys();
      return [current.alg, next.alg];
    };
    expect([await algorithms(), await algorithms()]).toEqual([['EdDSA', 'ES384'], ['ES384', 'ES384']]);
  });

  test('a key that a user put signs until the second rotation, with its own id and the old set', async () => {
    const [brought, older] = [{ ...await key('RS256'), kid: '2024-05' }, { ...await key('RS256'), kid: '2023-05' }];
    const harness = new Keys(write({ current: brought, jwks: { keys: [older, brought].map(publicOf) } }));
    await harness.rotate();
    const first = harness.keys();
    expect(first.current).toEqual(brought);
    expect(kids(first.jwks.keys)).toEqual(['2023-05', '2024-05', first.next.kid]);
    await harness.rotate();
    expect(harness.keys().current).toEqual(first.next);
    expect(kids(harness.keys().jwks.keys)).toEqual(['2024-05', first.next.kid, harness.keys().next.kid]);
  });

  test('case 86: keys that were removed by hand are made again', async () => {
    const harness = new Keys('{}');
    await harness.rotate();
    const before = harness.keys();
    harness.put('{}');
    await harness.rotate();
    expect(kids(harness.keys().jwks.keys).filter((kid) => kids(before.jwks.keys).includes(kid))).toEqual([]);
  });

  test('cases 79, 80, 82: a key exists only in the value, so a crash before Put leaves no orphan', async () => {
    const harness = new Keys('{}');
    await harness.step(harness.start(), 'createSecret');
    expect(harness.operations).toEqual(['DescribeSecret', 'GetSecretValue', 'GetSecretValue', 'PutSecretValue']);
  });

  test('cases 11, 81: a second createSecret with the token keeps the keys', async () => {
    const harness = new Keys('{}');
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    const made = harness.value('AWSPENDING');
    await harness.step(rotation, 'createSecret', harness.makeHandler());
    expect(harness.value('AWSPENDING')).toBe(made);
  });

  test('case 83: the key of AWSPREVIOUS is in the set until a rotation makes the one after it the previous one', async () => {
    const harness = new Keys('{}');
    await harness.rotate();
    await harness.rotate();
    expect(kids(harness.keys().jwks.keys)).toContain(harness.keys('AWSPREVIOUS').current.kid);
  });
});

describe('cases 17, 20: refuses a value that can not be rotated, without its content', () => {
  const refusals: [string, (given: Value) => unknown, RegExp][] = [
    ['a text', () => 'some-text-of-a-secret', /is not a JSON object, such as \{\}/],
    ['an array', () => ['some-text-of-a-secret'], /is not a JSON object/],
    ['a next key alone', ({ next }) => ({ next }), /has "next" or "jwks", and no "current"/],
    ['a key that is a text', ({ next, jwks }) => ({ current: 'some-text-of-a-secret', next, jwks }), /key current .* is not a JWK/],
    ['a key without an id', ({ current, ...rest }) => ({ current: { ...current, kid: undefined }, ...rest }), /current .* has no kid/],
    ['a key of another algorithm', ({ current, ...rest }) => ({ current: { ...current, alg: 'HS256' }, ...rest }), /current .* alg that is none of RS256, PS256, ES256, ES384, EdDSA/],
    ['a key of another type', ({ current, ...rest }) => ({ current: { ...current, alg: 'ES256' }, ...rest }), /current .* not a key of an ES256 signature/],
    ['a key for encryption', ({ next, ...rest }) => ({ next: { ...next, use: 'enc' }, ...rest }), /next .* not a key of an EdDSA signature/],
    ['a public key', ({ current, ...rest }) => ({ current: publicOf(current), ...rest }), /current .* not the private key/],
    ['halves of two keys', ({ current, next, jwks }) => ({ current: { ...current, d: next.d }, next, jwks }), /current .* not the private key of an EdDSA signature, with the public key that belongs to it/],
    ['the same key twice', ({ current, jwks }) => ({ current, next: current, jwks }), /have the same kid/],
    ['no set', ({ current, next }) => ({ current, next }), /no "jwks" with the array "keys"/],
    ['a set without the current key', ({ current, next }) => ({ current, next, jwks: { keys: [publicOf(next)] } }), /"jwks" lacks the public key of "current" or "next"/],
    ['a set with a private key', ({ current, next }) => ({ current, next, jwks: { keys: [publicOf(current), next] } }), /jwks\.keys\[1\] .* has the member "d", which no public key has/],
    ['a set with a symmetric key\'s member', ({ current, next }) => ({ current, next, jwks: { keys: [publicOf(current), { ...publicOf(next), k: 'some-text' }] } }), /jwks\.keys\[1\] .* has the member "k"/],
    ['a set with an id twice', ({ current, next }) => ({ current, next, jwks: { keys: [current, next, { ...next, kid: current.kid }].map(publicOf) } }), /two keys of "jwks" have the same kid/],
  ];

  test.each(refusals)('%s', async (_, change, text) => {
    const [current, next] = [await key(), await key()];
    const made = change({ current, next, jwks: { keys: [current, next].map(publicOf) } });
    const harness = new Keys(typeof made === 'string' ? made : write(made as object));
    const error = await failure(harness.step(harness.start(), 'createSecret'));
    expect(error).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(text) });
    expect(harness.writes).toEqual([]);
    expect([current.d, next.d, 'some-text'].filter((secret) => `${error.message}${write(harness.log)}`.includes(secret))).toEqual([]);
  });

  test('an RSA key that is too short', async () => {
    const short = await makeKey('RS256', 1024);
    const harness = new Keys(write({ current: short }));
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(/modulus of less than 2048 bits/) });
  });

  test('a key that is there twice', async () => {
    const current = write(await key());
    const harness = new Keys(`{"current":${current},"current":${current}}`);
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(/"current" more than once/) });
  });

  test('one without room for the keys', async () => {
    const harness = new Keys(write({ note: 'n'.repeat(65_000) }));
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(/more than 65536 bytes/) });
  });
});

describe('a pending value that a user put', () => {
  const others: [string, (before: Value) => Promise<object>, RegExp][] = [
    ['keys that no verifier has seen', async () => {
      const [current, next] = [await key(), await key()];
      return { current, next, jwks: { keys: [current, next].map(publicOf) } };
    }, /its "current" is not the key that verifiers know as the next one/],
    ['the current keys again', async (before) => before, /its "current" is not the key/],
    ['the right key without the one that signs now', async (before) => {
      const next = await key();
      return { current: before.next, next, jwks: { keys: [before.next, next].map(publicOf) } };
    }, /its "jwks" lacks the key that signs now/],
    ['the right key and then the old one again', async (before) => ({ current: before.next, next: before.current, jwks: { keys: [before.next, before.current].map(publicOf) } }),
      /its "next" is the key that signs now/],
  ];

  test.each(others.flatMap(([name, make, text]) => (['createSecret', 'setSecret'] as const).map((step) => [step, name, make, text] as const)))('%s refuses %s', async (step, _, make, text) => {
    const s3 = new FakeS3('keys');
    const first = new Keys('{}');
    await first.rotate();
    const harness = new Keys(first.value('AWSCURRENT'), { publication: PUBLICATION }, s3.call);
    const error = await harness.failureWith(write(await make(harness.keys())), step);
    expect(error).toMatchObject({ name: 'SecretMismatchError', message: expect.stringMatching(text) });
    expect(error.message).toMatch(/remove AWSPENDING with UpdateSecretVersionStage/i);
    expect(s3.requests).toEqual([]);
  });

  test('a rotation of the current one is accepted', async () => {
    const harness = new Keys('{}');
    await harness.rotate();
    const [before, next] = [harness.keys(), await key()];
    const rotation = harness.start();
    const value = write({ current: before.next, next, jwks: { keys: [before.current, before.next, next].map(publicOf) } });
    harness.simulator.perform('PutSecretValue', { SecretId: harness.arn, ClientRequestToken: rotation.token, SecretString: value, VersionStages: ['AWSPENDING'] });
    await harness.steps(rotation, ...STEPS);
    expect(harness.value('AWSCURRENT')).toBe(value);
  });
});

test.each<[string, (value: Value) => Promise<object>]>([
  ['the keys', async () => {
    const [current, next] = [await key(), await key()];
    return { current, next, jwks: { keys: [current, next].map(publicOf) } };
  }],
  ['something else', async (value) => ({ note: 'new', ...value })],
])('case 62: an owner who replaces %s during a rotation wins', async (_, change) => {
  const harness = new Keys('{}');
  await harness.rotate();
  const rotation = harness.start();
  await harness.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
  const put = write(await change(harness.keys()));
  harness.put(put);
  expect(await failure(harness.step(rotation, 'finishSecret'))).toMatchObject({ name: 'RotationSupersededError' });
  expect(harness.value('AWSCURRENT')).toBe(put);
});

describe('the published set', () => {
  const publish = async ({ cacheSeconds = CACHE_SECONDS, first = true } = {}) => {
    const s3 = new FakeS3('keys');
    const harness = new Keys('{"issuer":"x"}', { publication: { ...PUBLICATION, cacheSeconds } }, s3.call);
    if (first) {
      await harness.rotate();
      s3.now += 3_600_000;
      s3.requests.length = 0;
    }
    const published = () => (JSON.parse(s3.object(OBJECT)!.body) as { keys: PublicJwk[] }).keys;
    return { s3, harness, published };
  };

  test('has the keys of both versions before the promotion, only their public members, and its cache time', async () => {
    const { s3, harness, published } = await publish();
    await harness.rotate();
    s3.now += 3_600_000;
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    const [current, pending] = [harness.keys(), harness.keys('AWSPENDING')];
    expect(published()).toEqual([...current.jwks.keys, publicOf(pending.next)]);
    expect(kids(published())).toHaveLength(4);
    expect(s3.object(OBJECT)!.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'max-age=600', 'x-amz-meta-secret': ownerOf(harness.arn) });
    const sent = s3.requests.map(({ body, headers }) => body + write(headers)).join();
    expect([current.current, current.next, pending.next].filter(({ d }) => sent.includes(d))).toEqual([]);
  });

  test('is written once, however often setSecret runs, and never by testSecret or finishSecret', async () => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret', 'setSecret', 'testSecret', 'testSecret', 'finishSecret', 'finishSecret');
    expect(s3.requests.map(({ method }) => method).filter((method) => method === 'PUT')).toHaveLength(1);
  });

  test('case 46: testSecret alone makes no call to the bucket', async () => {
    const { s3, harness } = await publish();
    s3.remove(OBJECT);
    await harness.step(harness.start({ rotateImmediately: false }), 'testSecret');
    expect(s3.requests).toEqual([]);
  });

  test('case 84: a key that verifiers may not know yet signs nothing, however often the rotation is retried', async () => {
    const { s3, harness } = await publish();
    await harness.rotate();
    s3.now += 60_000;
    const [before, rotation] = [harness.value('AWSCURRENT'), harness.start()];
    await harness.step(rotation, 'createSecret');
    harness.remaining = 30_000;
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await failure(harness.step(rotation, 'setSecret'));
      expect(error).toMatchObject({ name: 'TargetNotReadyError', message: expect.stringMatching(/changed \d+ seconds ago, and verifiers may cache it for 600 seconds.* Don't rotate twice within the cache time/) });
      s3.now += 60_000;
    }
    expect(harness.value('AWSCURRENT')).toBe(before);
    s3.now += 600_000;
    await harness.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(harness.secret.stages.AWSCURRENT).toBe(rotation.token);
  });

  test('case 84: it waits in the step if the cache time is short', async () => {
    const { s3, harness } = await publish({ cacheSeconds: 5 });
    await harness.rotate();
    s3.now += 1_000;
    const handler = harness.makeHandler({ sleep: async (milliseconds) => { s3.now += milliseconds; } });
    const rotation = harness.start();
    for (const step of STEPS) { await harness.step(rotation, step, handler); }
    expect(harness.sleeps).toEqual([5_000]);
  });

  test('keys that are published for the first time, or were removed, are known before they sign', async () => {
    const { s3, harness, published } = await publish();
    s3.remove(OBJECT);
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({ name: 'TargetNotReadyError' });
    expect(published()).toEqual(harness.keys().jwks.keys);
    s3.now += 601_000;
    await harness.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(kids(published())).toContain(harness.keys().next.kid);
  });

  test('a copy that was held up overwrites nothing', async () => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    // Between its read and its write, another copy does both.
    let isFirst = true;
    const slow = new Keys('{}', { publication: PUBLICATION }, s3.call);
    const call: SignedCall = async (request, signal) => {
      if (request.method === 'PUT' && isFirst) {
        isFirst = false;
        await harness.step(rotation, 'setSecret');
        s3.now += 1_000;
      }
      return s3.call(request, signal);
    };
    const target = signingKeysTarget({ ...CONFIG, publication: PUBLICATION }, (publication) => s3Object(publication, call));
    const values = { ids: { secretId: harness.arn, pending: rotation.token, current: 'c' }, pending: async () => harness.value('AWSPENDING'), current: async () => harness.value('AWSCURRENT') };
    await target.setSecret(values as never, { pause: async () => true, signal: new AbortController().signal } as never);
    expect(s3.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT', 'PUT', 'GET']);
    expect(slow.operations).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['without a name on it', {}],
    ['of another secret', { 'x-amz-meta-secret': ownerOf('arn:aws:secretsmanager:eu-west-1:111122223333:secret:other-abcdef') }],
  ])('an object %s is never overwritten, at the first rotation and later', async (_, headers) => {
    for (const first of [false, true]) {
      const { s3, harness } = await publish({ first });
      const foreign = setOf([publicOf(await key()), ...first ? harness.keys().jwks.keys : []]);
      s3.put(OBJECT, foreign, headers);
      s3.now += 3_600_000;
      const rotation = harness.start();
      await harness.step(rotation, 'createSecret');
      expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({
        name: 'TargetRefusedError', message: expect.stringMatching(/s3:\/\/keys\/\S+ has the keys of something else, so it was not overwritten\. Put the keys .* into "jwks".* delete the object/),
      });
      expect(s3.object(OBJECT)).toMatchObject({ body: foreign, headers });
      expect(s3.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
      s3.remove(OBJECT);
      // With keys that sign already, it is published and then waits.
      if (first) { expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({ name: 'TargetNotReadyError' }); }
      s3.now += 601_000;
      await harness.steps(rotation, ...STEPS);
      expect(harness.secret.stages.AWSCURRENT).toBe(rotation.token);
      s3.requests.length = 0;
    }
  });

  test.each(['testSecret', 'finishSecret'] as const)('%s finds an object of something else', async (step) => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    s3.put(OBJECT, s3.object(OBJECT)!.body);
    expect(await failure(harness.step(rotation, step))).toMatchObject({ name: 'TargetRefusedError', message: expect.stringMatching(/has the keys of something else/) });
  });

  test('a held-up copy of an abandoned rotation overwrites nothing after the promotion of another', async () => {
    const { s3, harness, published } = await publish();
    const abandoned = harness.start();
    const call: SignedCall = async (request, signal) => {
      const answer = await s3.call(request, signal);
      // After its first read, two other rotations are promoted. It then reads what they wrote.
      if (isHeldUp) {
        isHeldUp = false;
        harness.simulator.perform('CancelRotateSecret', { SecretId: harness.arn });
        harness.simulator.perform('UpdateSecretVersionStage', { SecretId: harness.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: abandoned.token });
        await harness.rotate();
        s3.now += 3_600_000;
      }
      return answer;
    };
    let isHeldUp = false;
    await harness.step(abandoned, 'createSecret');
    isHeldUp = true;
    const copy = makeHandler((given) => signingKeysTarget(given, (publication) => s3Object(publication, call)), {
      client: new InMemoryClient(harness.simulator) as never, log: () => {}, sleep: async () => {},
    });
    expect(await failure(harness.step(abandoned, 'setSecret', copy))).toMatchObject({ name: 'NoCurrentVersionError' });
    expect(kids(published())).toContain(harness.keys().next.kid);
  });

  test('finishSecret finds that the object was overwritten after testSecret, and promotes nothing', async () => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    const before = s3.object(OBJECT)!;
    await harness.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    s3.put(OBJECT, before.body, before.headers);
    expect(await failure(harness.step(rotation, 'finishSecret'))).toMatchObject({ name: 'TargetNotReadyError' });
    expect(harness.secret.stages.AWSCURRENT).not.toBe(rotation.token);
  });

  test('an outside write between setSecret and testSecret is found', async () => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    s3.put(OBJECT, 'not a set', { 'x-amz-meta-secret': ownerOf(harness.arn) });
    expect(await failure(harness.step(rotation, 'testSecret'))).toMatchObject({
      name: 'TargetNotReadyError', message: expect.stringMatching(/s3:\/\/keys\/\.well-known\/jwks\.json is not what setSecret has written/),
    });
  });

  test('a missing object is distinguished from a forbidden one, with the permission to list the bucket and without', async () => {
    for (const mayList of [true, false]) {
      const { s3, harness, published } = await publish({ first: false });
      s3.mayList = mayList;
      await harness.rotate();
      expect(kids(published())).toEqual(kids(harness.keys().jwks.keys));
    }
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    const denied = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
    const answer = s3.answer.bind(s3);
    s3.answer = (request) => request.method === 'GET' ? denied : answer(request);
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({
      name: 'TargetRefusedError', code: 'AccessDenied', message: expect.stringMatching(/^GetObject on s3:\/\/keys\/\S+ was refused with AccessDenied\. Grant s3:GetObject and s3:PutObject/),
    });
  });

  test.each([
    [403, 'AccessDenied', 'TargetRefusedError', /Grant s3:GetObject and s3:PutObject/],
    [404, 'NoSuchBucket', 'TargetRefusedError', /The bucket does not exist any more/],
    [400, 'KMS.DisabledException', 'TargetRefusedError', /refused with KMSDisabledException\. The key of the bucket can not be used: grant kms:GenerateDataKey/],
    [400, 'no name', 'ConnectivityError', /does not look like one of Amazon S3/],
    [301, 'PermanentRedirect', 'TargetRefusedError', /in another region than the app says/],
    [418, 'Teapot', 'TargetRefusedError', /See the name of the error in the API reference of Amazon S3/],
  ])('a write that is answered with %d %s fails, and nothing is promoted', async (status, code, name, text) => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    const answer = s3.answer.bind(s3);
    s3.answer = (request) => request.method === 'PUT' ? { status, body: `<Error><Code>${code}</Code></Error>` } : answer(request);
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({ name, message: expect.stringMatching(text) });
  });

  test('cases 14, 64: transient errors are retried', async () => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    s3.answers.push({ status: 503, body: '<Error><Code>SlowDown</Code></Error>' }, { status: 500, body: '' });
    await harness.step(rotation, 'setSecret');
    expect(s3.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'PUT']);
  });

  test('case 56: a write whose answer is lost is found out', async () => {
    const s3 = new FakeS3('keys');
    let isLost = true;
    const harness = new Keys('{}', { publication: PUBLICATION }, async (request, signal) => {
      const answer = await s3.call(request, signal);
      if (request.method === 'PUT' && isLost) {
        isLost = false;
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      }
      return answer;
    });
    await harness.rotate();
    expect(s3.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'PUT', 'GET', 'GET', 'GET', 'GET']);
    expect(harness.sleeps).toHaveLength(1);
  });

  test('case 64: a bucket that can not be reached is an error with what a VPC needs', async () => {
    const harness = new Keys('{}', { publication: PUBLICATION }, async () => { throw Object.assign(new Error('x'), { code: 'ECONNREFUSED' }); });
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({ name: 'ConnectivityError', message: expect.stringMatching(/Amazon S3 can't be reached for GetObject on s3:/) });
  });

  test('an object that keeps changing is an error', async () => {
    const { s3, harness } = await publish();
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    const answer = s3.answer.bind(s3);
    s3.answer = (request) => request.method === 'PUT' ? { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' } : answer(request);
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({ name: 'TargetRefusedError', message: expect.stringMatching(/changes again and again\. Only this secret may write it/) });
  });
});

test.each([
  [{ target: 'generated' }, /has the target "generated"/],
  [{ algorithm: 'none' }, /algorithm is none of/],
  [{ rsaModulusLength: 1024 }, /rsaModulusLength is none of 2048, 3072, 4096/],
  [{ publication: {} }, /publication needs bucketName/],
  [{ publication: { ...PUBLICATION, cacheSeconds: '5' } }, /publication needs bucketName/],
])('refuses a configuration with %j', (change, text) => {
  expect(() => parseSigningKeysConfig({ ...CONFIG, ...change })).toThrow(text);
});
