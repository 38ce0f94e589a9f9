import { Annotations, Duration, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { ALGORITHMS, isAlgorithm, MODULUS_LENGTHS, type SigningKeysConfig } from './contract';
import type { RotatedSecrets } from '../../function/rotated-secrets';
import { shippedCode, type FunctionCode } from '../../function/shipped-code';
import { invalid } from '../../invalid';
import type { Generator } from '../../value/generator';
import { TargetDefinition, type Support, type TargetBinding } from '../definition';

/** The options of the target. */
export interface SigningKeysOptions {
  readonly algorithm: string;
  readonly rsaModulusLength?: number;
  readonly publishTo?: { readonly bucket: s3.IBucket; readonly objectKey?: string; readonly cacheTime?: Duration };
  readonly tokenLifetime?: Duration;
}

interface Publication {
  readonly bucket: s3.IBucket;
  readonly objectKey: string;
  readonly cacheSeconds: number;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** A function with 256 MiB of memory has an eighth of a processor. A long RSA key takes it up to a minute. */
const LONG_KEYS_TIMEOUT = Duration.minutes(3);

/** The secret that publishes each object, for each app. */
const PUBLISHERS = new WeakMap<IConstruct, Map<string, ISecret>>();

/** Signing keys, made by their rotation. */
export class SigningKeysTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.signingKeys';
  public override readonly makesOwnValue = true;
  public override readonly valueBeforeFirst = '{}';
  public override readonly timeout: Duration;
  public readonly support: Support;
  private readonly algorithm: SigningKeysConfig['algorithm'];
  private readonly rsaModulusLength: number;
  private readonly publication?: Publication;
  private readonly tokenLifetime?: Duration;

  constructor({ algorithm, rsaModulusLength = MODULUS_LENGTHS[0], publishTo, tokenLifetime }: SigningKeysOptions) {
    super({});
    if (!isAlgorithm(algorithm)) { throw invalid('algorithm', `is ${JSON.stringify(algorithm)}. Use one of ${ALGORITHMS.join(', ')}`); }
    if (!(MODULUS_LENGTHS as readonly number[]).includes(rsaModulusLength)) {
      throw invalid('rsaModulusLength', `is ${Token.isUnresolved(rsaModulusLength) ? 'a token' : rsaModulusLength}. Use one of ${MODULUS_LENGTHS.join(', ')}`);
    }
    this.algorithm = algorithm;
    this.rsaModulusLength = rsaModulusLength;
    this.tokenLifetime = tokenLifetime?.isUnresolved() ? undefined : tokenLifetime;
    this.publication = publishTo && checkPublication(publishTo);
    this.support = publishTo ? { strategy: 'published in a bucket', standIns: ['a bucket of our own', 'the emulator MiniStack'], neverOn: ['Amazon S3'] }
      : { strategy: 'in the secret', noServer: 'The keys are in the secret only' };
    const isLong = ['RS256', 'PS256'].includes(algorithm) && rsaModulusLength > MODULUS_LENGTHS[0];
    this.timeout = isLong ? LONG_KEYS_TIMEOUT : Duration.seconds(30);
  }

  public code(): FunctionCode {
    return shippedCode('signing-keys');
  }

  public config(passwordPolicy: Generator): SigningKeysConfig {
    const { algorithm, rsaModulusLength, publication } = this;
    return {
      target: 'signing-keys',
      algorithm,
      rsaModulusLength,
      publication: publication && {
        bucketName: publication.bucket.bucketName,
        bucketRegion: Token.isUnresolved(publication.bucket.env.region) ? undefined : publication.bucket.env.region,
        objectKey: publication.objectKey,
        cacheSeconds: publication.cacheSeconds,
      },
      passwordPolicy,
    };
  }

  public override bind(fn: lambda.Function, secrets: RotatedSecrets): TargetBinding {
    const { publication } = this;
    const checkInterval = (secret: ISecret, hours: number, period: number) => {
      this.checkCacheTime(secret, period);
      this.warnOfInterval(secret, hours);
    };
    if (!publication) { return { checkInterval }; }
    const { bucket, objectKey } = publication;
    return {
      checkInterval,
      names: [bucket],
      statements: [
        // PutObject with If-Match needs both: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        new iam.PolicyStatement({ sid: 'PublishKeys', actions: ['s3:GetObject', 's3:PutObject'], resources: [bucket.arnForObjects(objectKey)] }),
        ...keyStatements(fn, secrets, bucket),
      ],
      checkSecret: (secret) => { claimObject(publication, secret); },
    };
  }

  private checkCacheTime(secret: ISecret, period: number): void {
    const { cacheSeconds = 0 } = this.publication ?? {};
    if (cacheSeconds <= period * 3600) { return; }
    throw invalid('publishTo.cacheTime', `is ${cacheSeconds} seconds, and ${secret.node.path} rotates every ${period} hours. A key signs only after it was published for the cache time, so rotations would fail. `
      + 'Use a shorter cacheTime, or rotate less often');
  }

  private warnOfInterval(secret: ISecret, hours: number): void {
    const { publication, tokenLifetime = Duration.seconds(0) } = this;
    const cacheSeconds = publication?.cacheSeconds ?? 0;
    const needed = cacheSeconds + tokenLifetime.toSeconds({ integral: false });
    if (hours * 3600 >= needed) { return; }
    Annotations.of(secret).addWarningV2('cdk-rotating-secret:rotationWithinTokenLifetime', `rotationRules: two rotations of ${secret.node.path} can be ${hours} hours apart, and verifiers need a key for `
      + `${Math.ceil(needed / 3600)} hours after it signed last: cacheTime is ${cacheSeconds} seconds, tokenLifetime ${tokenLifetime.toSeconds({ integral: false })}. Rotate less often, give a shorter window, or sign for a `
      + 'shorter time');
  }
}

function checkPublication({ bucket, objectKey = '.well-known/jwks.json', cacheTime = Duration.minutes(10) }: NonNullable<SigningKeysOptions['publishTo']>): Publication {
  if (!Token.isUnresolved(objectKey)) {
    const isUsual = objectKey.split('/').every((part) => !['', '.', '..'].includes(part)) && Buffer.byteLength(objectKey) <= MAX_KEY_BYTES;
    if (!isUsual) {
      throw invalid('publishTo.objectKey', `is ${JSON.stringify(objectKey)}. Use 1 to ${MAX_KEY_BYTES} bytes, with names between the slashes, such as .well-known/jwks.json`);
    }
    if (/[*?]|\$\{/.test(objectKey)) {
      throw invalid('publishTo.objectKey', `is ${JSON.stringify(objectKey)}, and in the policy of the function *, ? and \${ are wildcards and variables. Use a key without them`);
    }
  }
  if (cacheTime.isUnresolved()) { throw invalid('publishTo.cacheTime', 'is a token, and it is compared with the rotation period at synthesis. Give a value'); }
  const cacheSeconds = cacheTime.toSeconds({ integral: false });
  if (!Number.isInteger(cacheSeconds)) { throw invalid('publishTo.cacheTime', `is ${cacheSeconds} seconds. Use a whole number of seconds`); }
  return { bucket, objectKey, cacheSeconds };
}

function keyStatements(fn: lambda.Function, secrets: RotatedSecrets, bucket: s3.IBucket): iam.PolicyStatement[] {
  const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const keyArn = secrets.keyArn(bucket.encryptionKey, actions.join(' and '));
  if (keyArn === undefined) { return []; }
  const region = Token.isUnresolved(bucket.env.region) ? Stack.of(fn).region : bucket.env.region;
  // Secrets may be encrypted with the same key.
  return [new iam.PolicyStatement({ sid: 'UseKeyOfBucket', actions, resources: [keyArn], conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } } })];
}

/** Two secrets with one object would overwrite each other's keys. */
function claimObject({ bucket, objectKey }: Publication, secret: ISecret): void {
  const { root } = secret.node;
  const publishers = PUBLISHERS.get(root) ?? new Map<string, ISecret>();
  const object = JSON.stringify([...identityOf(bucket), objectKey]);
  const other = publishers.get(object);
  if (other && other !== secret) {
    throw invalid('publishTo', `the object ${objectKey} of ${bucket.node.path} has the keys of ${other.node.path} already, and ${secret.node.path} would overwrite them. Give each secret a `
      + 'RotationFunction of its own, with another objectKey');
  }
  PUBLISHERS.set(root, publishers.set(object, secret));
}

/** Any number of imports may stand for one bucket. */
function identityOf(bucket: s3.IBucket): string[] {
  const { bucketName, env: { region } } = bucket;
  const token = Tokenization.reverseString(bucketName).firstToken;
  const target = Reference.isReference(token) ? token.target : undefined;
  const named = target instanceof s3.CfnBucket && !Token.isUnresolved(target.bucketName) ? target.bucketName : undefined;
  return [named ?? target?.node.path ?? bucketName, Token.asString(region)];
}
