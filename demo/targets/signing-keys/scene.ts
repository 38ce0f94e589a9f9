import { Duration, type Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { FakeS3, FakeS3Server } from '../../../servers/stand-ins/fake-s3';
import { RotatingSecret, RotationRules, RotationTarget, SigningAlgorithm } from '../../../src';
import { ValueText } from '../../secret-text';
import type { TargetScene } from '../../target-scene';
import { LostReplies } from '../lost-replies';

const BUCKET = 'keys.example.com';
const OBJECT = '.well-known/jwks.json';
const CACHE_TIME = Duration.minutes(10);

type Jwk = { readonly kid: string; readonly alg: string; readonly d: string };
interface Keys { readonly current?: Jwk; readonly next?: Jwk }

const parse = (value: string) => JSON.parse(value) as Keys;

class KeysText extends ValueText {
  public secretsIn(value: string): readonly string[] {
    const { current, next } = parse(value);
    return [current, next].flatMap((key) => key?.d ?? []);
  }

  /** The ids of the keys are public. */
  public masked(value: string, mask: string): string {
    const { current, next } = parse(value);
    const shown = (key: Jwk | undefined) => key && { kid: key.kid.slice(0, 8), d: mask };
    return JSON.stringify({ current: shown(current), next: shown(next) });
  }
}

export const scene: TargetScene = {
  title: 'The keys that sign tokens, and the public keys that verify them',
  text: new KeysText(),
  outcomes: {
    created: 'made the next key, stored it',
    alreadyCreated: 'kept the stored keys',
    set: 'published the public keys',
    tested: 'the published keys verify',
  },
  // The object keeps a key for one rotation more than the secret does.
  accepted: 3,
  change: { comesFirst: false, description: 'the public keys are published' },
  async start({ losesReply }) {
    const { importJWK, SignJWT } = await import('jose');
    const { makeVerifier } = await import('../../../examples/signing-keys/verifier.mjs');
    const { ISSUER } = await import('../../../examples/signing-keys/issuer.mjs');
    const s3 = new FakeS3(BUCKET);
    s3.now = Date.now();
    const bucket = await FakeS3Server.start(s3);
    const proxy = await LostReplies.start(Number(new URL(bucket.url).port), losesReply);
    const jwksUri = `${bucket.url}/${BUCKET}/${OBJECT}`;
    return {
      description: [
        `The public keys are at ${jwksUri}. The server is a stand-in for Amazon S3: it checks how requests are signed, and has conditional writes.`,
        'Readers sign a token with the current key, with jose. The verifier of examples/signing-keys fetches the public keys, and verifies it.',
      ],
      environment: { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${proxy.port}` },
      addTo(stack: Stack) {
        new RotatingSecret(stack, 'TokenKeys', {
          target: RotationTarget.signingKeys({
            algorithm: SigningAlgorithm.ES256,
            publishTo: { bucket: Bucket.fromBucketName(stack, 'PublicKeys', BUCKET), objectKey: OBJECT, cacheTime: CACHE_TIME },
            tokenLifetime: Duration.hours(1),
          }),
          rotationRules: RotationRules.rate(Duration.days(30)),
        });
      },
      async logIn(value) {
        const { current } = parse(value);
        if (!current) { return false; }
        const { alg, kid } = current;
        const token = await new SignJWT({}).setProtectedHeader({ alg, kid }).setIssuer(ISSUER).sign(await importJWK(current));
        return makeVerifier(jwksUri)(token).then(() => true, (error: { code?: string }) => {
          if (error.code !== 'ERR_JWKS_NO_MATCHING_KEY') { throw error; }
          return false;
        });
      },
      hasChanged: async (pending) => {
        const kid = pending === undefined ? undefined : parse(pending).next?.kid;
        return kid !== undefined && s3.object(OBJECT)!.body.includes(JSON.stringify(kid));
      },
      beforeRotation: async () => {
        s3.now += CACHE_TIME.toMilliseconds() + 1000;
        return 'The clock of the stand-in is set forward by ten minutes, for which verifiers may keep the public keys.';
      },
      async stop() {
        await proxy.stop();
        await bucket.stop();
      },
    };
  },
};
