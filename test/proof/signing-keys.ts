/* The shipped target for signing keys, with an S3 that publishes them, and verifiers that cache the object. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type JsonWebKey } from 'node:crypto';
import { exhaust } from './exhaustion';
import type { HandlerDependencies, Server, Subject } from './subjects';
import type { Invariant } from './world';
import type { SignedCall } from '../../lambda-src/aws/signed-call';
import { makeHandler, type RotationHandler } from '../../lambda-src/handler';
import { putMember } from '../../lambda-src/rotation/secret-value';
import type { SecretValues, Target, ValueRequest } from '../../lambda-src/target';
import { publicOf, type PrivateJwk } from '../../lambda-src/targets/signing-keys/keys';
import { Publication } from '../../lambda-src/targets/signing-keys/publication';
import { s3Object } from '../../lambda-src/targets/signing-keys/s3-object';
import { SigningKeysTarget, signingKeysTarget } from '../../lambda-src/targets/signing-keys/target';
import { rotateKeys, setOf } from '../../lambda-src/targets/signing-keys/value';
import { FakeS3 } from '../../servers/stand-ins/fake-s3';

const BUCKET = 'keys';
const KEY = '.well-known/jwks.json';
const CACHE_SECONDS = 600;
const PUBLICATION = { bucketName: BUCKET, bucketRegion: 'eu-west-1', objectKey: KEY, cacheSeconds: CACHE_SECONDS };
const CONFIG = { target: 'signing-keys', algorithm: 'EdDSA', rsaModulusLength: 2048, publication: PUBLICATION, passwordPolicy: {} };
/** Longer than a function can run, and than verifiers cache. */
const LONG = 16 * 60_000;

const WITHOUT = '{ "issuer": "https://example.com", "port": 443.0 }';

// Each is another key; which one doesn't matter.
const KEYS: PrivateJwk[] = [
  { kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'first', alg: 'EdDSA', use: 'sig' },
  { kty: 'OKP', crv: 'Ed25519', d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs', x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw', kid: 'second', alg: 'EdDSA', use: 'sig' },
];

const valueWith = (jwks: readonly PrivateJwk[] = KEYS) => [
  ['current', JSON.stringify(KEYS[0])], ['next', JSON.stringify(KEYS[1])], ['jwks', setOf(jwks.map(publicOf))],
].reduce((text, [member, json]) => putMember(text, member, json), WITHOUT);

let made = 0;

/** Without another thread, which the histories would have to wait for. */
const makeKey = async (): Promise<PrivateJwk> => ({
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as { kty: string; d: string }, kid: `key ${++made}`, alg: 'EdDSA', use: 'sig',
});

interface ValueOfKeys {
  readonly current?: JsonWebKey & { kid: string; d: string };
}

function currentIn(value: string): ValueOfKeys['current'] {
  try {
    return (JSON.parse(value) as ValueOfKeys).current;
  } catch {
    return undefined;
  }
}

/** Whether a verifier with a set accepts the signature of a key. Independent of the target's code. */
function accepts(set: string, key: JsonWebKey & { kid: string }): boolean {
  const { keys } = JSON.parse(set) as { keys: (JsonWebKey & { kid: string })[] };
  const found = keys.find(({ kid }) => kid === key.kid);
  if (!found) { return false; }
  const token = Buffer.from('header.payload');
  return verify(null, token, createPublicKey({ key: found, format: 'jwk' }), sign(null, token, createPrivateKey({ key, format: 'jwk' })));
}

/** Verifiers of the object: one that just read it, one that cached it within the cache time, and one each of the last two promotions. */
export class Verifiers implements Server {
  public readonly alwaysAcceptsCurrent = true;
  public s3 = new FakeS3(BUCKET);
  private signer?: ValueOfKeys['current'];
  private signedBefore?: ValueOfKeys['current'];
  private promotions: string[] = [];

  constructor(private readonly first: string | undefined) {}

  public async reset(): Promise<void> {
    this.s3 = new FakeS3(BUCKET);
    this.signer = this.signedBefore = undefined;
    this.promotions = [];
    if (this.first === undefined) { return; }
    this.s3.put(KEY, this.first);
    this.s3.now += LONG;
  }

  public async accepts(value: string): Promise<boolean> {
    const signer = currentIn(value);
    if (!signer) { return false; }
    const set = this.s3.object(KEY)?.body;
    // Verifiers read no object that doesn't exist yet.
    if (set === undefined) { return true; }
    if (signer.kid !== this.signer?.kid) {
      this.signedBefore = this.signer;
      this.signer = signer;
      this.promotions = [...this.promotions.slice(-1), set];
    }
    const isValidStill = this.signedBefore === undefined || accepts(set, this.signedBefore);
    return isValidStill && [...this.promotions, ...this.s3.cachedFor(KEY, CACHE_SECONDS * 1_000)].every((cached) => accepts(cached, signer));
  }

  /** The first object is one that the secret published. Its ARN is known only now. */
  public own(secretId: string): void {
    if (this.s3.object(KEY)) { this.s3.label(KEY, { 'x-amz-meta-secret': createHash('sha256').update(secretId).digest('hex') }); }
  }

  public elapse(): void { this.s3.now += LONG; }

  /** The owner waits for the cache time. */
  public obey(error: string): boolean {
    const isNamed = error.includes('verifiers may cache it');
    if (isNamed) { this.elapse(); }
    return isNamed;
  }
}

type MakeTarget = (verifiers: Verifiers, dependencies: HandlerDependencies) => RotationHandler;

/** Each call to S3 is a boundary. */
const callOf = (verifiers: Verifiers, { perform }: HandlerDependencies): SignedCall => (request, signal) => {
  const isRead = request.method === 'GET';
  return perform(isRead ? 'GetObject' : 'PutObject', isRead ? 'read' : 'write', () => verifiers.s3.call(request, signal));
};

const shipped: MakeTarget = (verifiers, dependencies) => makeHandler(
  (config) => signingKeysTarget(config, (publication) => s3Object(publication, callOf(verifiers, dependencies)), makeKey), dependencies,
);

function subject(name: string, value: string, first: string | undefined, make: MakeTarget = shipped, config: Subject['config'] = CONFIG): Subject {
  const verifiers = new Verifiers(first);
  return {
    name,
    server: config.publication === undefined ? undefined : verifiers,
    config,
    makeHandler: (dependencies) => {
      const handler = make(verifiers, dependencies);
      return (event, context) => {
        verifiers.own((event as { SecretId: string }).SecretId);
        return handler(event, context);
      };
    },
    value,
    startsWithout: value === WITHOUT,
    secretOf: (text) => currentIn(text)?.d,
    restOf: (text) => ['current', 'next', 'jwks'].reduce((rest, member) => putMember(rest, member, '0'), text || '{}'),
    changedByHand: (text, n) => putMember(text, 'port', `${n}.0`),
  };
}

const published = setOf(KEYS.map(publicOf));

/** The keys exist and no verifier knows them: the first rotation fails until verifiers do. */
export const UNPUBLISHED = subject('signing keys, to be published for the first time', valueWith(), undefined);

export const SIGNING_KEYS: readonly Subject[] = [
  subject('signing keys in a bucket', valueWith(), published),
  subject('signing keys in a bucket, from the first on', WITHOUT, undefined),
  subject('signing keys in the secret alone', valueWith(), undefined, shipped, { ...CONFIG, publication: undefined }),
];

/** A new key signs when it is published. */
class SignsAtOnce extends SigningKeysTarget {
  constructor(private readonly put: (set: object) => Promise<unknown>) {
    super(makeKey);
  }

  public override async createValue({ current }: ValueRequest): Promise<string> {
    const rotated = await rotateKeys(current, makeKey);
    const { current: before } = JSON.parse(current) as { current: PrivateJwk };
    const [key, next] = [await makeKey(), await makeKey()];
    return putMember(putMember(putMember(rotated, 'current', JSON.stringify(key)), 'next', JSON.stringify(next)), 'jwks', setOf([before, key, next].map(publicOf)));
  }

  public override async checkNext(): Promise<void> { /* it would find out */ }

  public override isDerived(): boolean { return true; }

  public override async setSecret(values: SecretValues): Promise<void> {
    await this.put((JSON.parse(await values.pending()) as { jwks: object }).jwks);
  }

  public override async testSecret(): Promise<void> { /* nothing */ }
}

/** The set lacks the key that signed until now. */
class DropsPrevious extends SigningKeysTarget {
  constructor(private readonly put: (set: object) => Promise<unknown>) {
    super(makeKey);
  }

  public override async setSecret(values: SecretValues): Promise<void> {
    const { current, next } = JSON.parse(await values.pending()) as { current: PrivateJwk; next: PrivateJwk };
    await this.put({ keys: [current, next].map(publicOf) });
  }
}

/** Doesn't wait for verifiers that cached the set without the next key. */
class Hurries extends Publication {
  protected override async isSeen(): Promise<boolean> { return true; }
}

interface NaiveKeys {
  readonly name: string;
  readonly breaks: Invariant;
  run(): Promise<unknown>;
}

const putOf = (verifiers: Verifiers, { perform }: HandlerDependencies) =>
  (set: object) => perform('PutObject', 'write', async () => verifiers.s3.put(KEY, JSON.stringify(set)));
const naive = (make: (verifiers: Verifiers, dependencies: HandlerDependencies) => Target): MakeTarget =>
  (verifiers, dependencies) => makeHandler(() => make(verifiers, dependencies), dependencies);
const stops = (value: string, first: string | undefined, make: MakeTarget) => exhaust(subject('naive', value, first, make), { pairs: false, stale: false, switches: [{}] });

export const NAIVE_KEYS: readonly NaiveKeys[] = [
  {
    name: 'signs with a key that was published a moment ago',
    breaks: 'accepted',
    run: () => stops(valueWith(), published, naive((verifiers, dependencies) => new SignsAtOnce(putOf(verifiers, dependencies)))),
  },
  {
    name: 'drops the key that signed until now',
    breaks: 'accepted',
    run: () => stops(valueWith(), published, naive((verifiers, dependencies) => new DropsPrevious(putOf(verifiers, dependencies)))),
  },
  {
    name: 'publishes a set after the promotion',
    breaks: 'accepted',
    run: () => stops(valueWith(), setOf([publicOf(KEYS[0])]), (verifiers, dependencies) => {
      const handler = makeHandler(() => new SigningKeysTarget(makeKey), dependencies);
      return async (event, context) => {
        await handler(event, context);
        const { Step, SecretId } = event as { Step: string; SecretId: string };
        if (Step !== 'finishSecret') { return; }
        const { SecretString } = await dependencies.client.send('GetSecretValue', { SecretId });
        await putOf(verifiers, dependencies)((JSON.parse(SecretString!) as { jwks: object }).jwks);
      };
    }),
  },
  {
    name: 'signs with a key that verifiers have not cached yet',
    breaks: 'accepted',
    run: () => stops(valueWith(), setOf([publicOf(KEYS[0])]), naive((verifiers, dependencies) =>
      new SigningKeysTarget(makeKey, new Hurries(s3Object(PUBLICATION, callOf(verifiers, dependencies)), CACHE_SECONDS * 1_000)))),
  },
];
