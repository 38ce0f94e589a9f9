import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationPeriod, RotationRules, RotationTarget, SigningAlgorithm, type SigningKeysTargetOptions } from '../../../src';
import { ALGORITHMS, parseSigningKeysConfig } from '../../../src/targets/signing-keys/contract';
import { configOf, ENV, expectInvalid, FUNCTION, makeStack, onlyResource, SCHEDULE, SECRET, statementsOf, warningsOf } from '../../fixture';

const ALGORITHM = SigningAlgorithm.ES256;
const make = (stack: Stack, options: Partial<SigningKeysTargetOptions> = {}, rotationRules?: RotationRules) =>
  new RotatingSecret(stack, 'Keys', { target: RotationTarget.signingKeys({ algorithm: ALGORITHM, ...options }), rotationRules });

test('the enumeration has all algorithms of the handler, and no others', () => {
  expect(Object.values(SigningAlgorithm)).toEqual(ALGORITHMS);
});

test('the first value has no keys, and the first rotation is at deployment', () => {
  const stack = makeStack();
  make(stack);
  const { SecretString, GenerateSecretString } = onlyResource(stack, SECRET).properties;
  expect([SecretString, GenerateSecretString]).toEqual(['{}', undefined]);
  expect(onlyResource(stack, SCHEDULE).properties.RotateImmediatelyOnUpdate).toBe(true);
  expect(configOf(stack)).toEqual({ target: 'signing-keys', algorithm: 'ES256', rsaModulusLength: 2048, passwordPolicy: {} });
  expect(onlyResource(stack, FUNCTION).properties.Timeout).toBe(30);
  expect(statementsOf(stack).map(({ Sid }) => Sid)).toEqual(['RotateSecrets', 'GeneratePasswords']);
  expect(warningsOf(stack)).toEqual([]);
});

test('a long RSA key gets more time', () => {
  const stack = makeStack();
  make(stack, { algorithm: SigningAlgorithm.PS256, rsaModulusLength: 4096 });
  expect(configOf(stack)).toMatchObject({ algorithm: 'PS256', rsaModulusLength: 4096 });
  expect(onlyResource(stack, FUNCTION).properties.Timeout).toBe(180);
});

test('lets the function read and write the one object, and nothing else of the bucket', () => {
  const stack = makeStack();
  make(stack, { publishTo: { bucket: new s3.Bucket(stack, 'Bucket') } });
  const bucket = { 'Fn::GetAtt': [expect.stringMatching(/^Bucket/), 'Arn'] };
  expect(statementsOf(stack).slice(2)).toEqual([{
    Sid: 'PublishKeys', Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: { 'Fn::Join': ['', [bucket, '/.well-known/jwks.json']] },
  }]);
  const { Environment: { Variables: variables } } = onlyResource(stack, FUNCTION).properties;
  expect(JSON.parse(variables.ROTATION_CONFIG).publication).toEqual({
    bucketName: { variable: 'ROTATION_CONFIG_BUCKET_NAME', type: 'string' }, objectKey: '.well-known/jwks.json', cacheSeconds: 600,
  });
  expect(variables.ROTATION_CONFIG_BUCKET_NAME).toEqual({ Ref: expect.stringMatching(/^Bucket/) });
});

test('grants the key of the bucket, and accepts another region', () => {
  const stack = makeStack({ env: ENV });
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', {
    bucketName: 'keys', region: 'us-east-1', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111111111111:key/1'),
  });
  make(stack, { publishTo: { bucket, objectKey: 'jwks.json', cacheTime: Duration.minutes(1) } });
  expect(parseSigningKeysConfig(configOf(stack)).publication).toEqual({ bucketName: 'keys', bucketRegion: 'us-east-1', objectKey: 'jwks.json', cacheSeconds: 60 });
  expect(statementsOf(stack).slice(3)).toEqual([{
    Sid: 'UseKeyOfBucket',
    Effect: 'Allow',
    Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
    Resource: 'arn:aws:kms:us-east-1:111111111111:key/1',
    Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
  }]);
});

test('refuses two secrets that publish to one object, by one function or by two', () => {
  const stack = makeStack();
  const bucket = new s3.Bucket(stack, 'Bucket');
  const rotation = new RotationFunction(stack, 'Rotation', { target: RotationTarget.signingKeys({ algorithm: ALGORITHM, publishTo: { bucket } }) });
  new RotatingSecret(stack, 'One', { rotationFunction: rotation });
  expectInvalid(() => new RotatingSecret(stack, 'Two', { rotationFunction: rotation }), 'publishTo', 'the keys of Stack/One already', 'Stack/Two', 'another objectKey');
  expectInvalid(() => make(stack, { publishTo: { bucket } }), 'publishTo', 'the keys of Stack/One already');
  new RotatingSecret(stack, 'Three', { target: RotationTarget.signingKeys({ algorithm: ALGORITHM, publishTo: { bucket, objectKey: 'three.json' } }) });
});

test.each<[string, (stack: Stack) => [s3.IBucket, s3.IBucket]]>([
  ['imported twice', (stack) => [s3.Bucket.fromBucketName(stack, 'A', 'keys'), s3.Bucket.fromBucketName(stack, 'B', 'keys')]],
  ['made and imported', (stack) => [new s3.Bucket(stack, 'A', { bucketName: 'keys' }), s3.Bucket.fromBucketName(stack, 'B', 'keys')]],
  ['imported by a reference', (stack) => {
    const bucket = new s3.Bucket(stack, 'A');
    return [bucket, s3.Bucket.fromBucketName(stack, 'B', bucket.bucketName)];
  }],
])('refuses two secrets that publish to one object of a bucket that is %s', (_, bucketsOf) => {
  const stack = makeStack();
  const [one, other] = bucketsOf(stack);
  make(stack, { publishTo: { bucket: one } });
  const target = RotationTarget.signingKeys({ algorithm: ALGORITHM, publishTo: { bucket: other } });
  expectInvalid(() => new RotatingSecret(stack, 'Other', { target }), 'publishTo', 'the keys of Stack/Keys already', 'Stack/Other');
  // Another app may have a bucket of the same name, in another place.
  const elsewhere = makeStack();
  make(elsewhere, { publishTo: { bucket: bucketsOf(elsewhere)[0] } });
});

test('the same key in two buckets is two objects', () => {
  const stack = makeStack();
  const [one, other] = ['One', 'Other'].map((id) => new s3.Bucket(stack, id));
  for (const [id, bucket] of [['A', one], ['B', other]] as const) {
    new RotatingSecret(stack, id, { target: RotationTarget.signingKeys({ algorithm: ALGORITHM, publishTo: { bucket } }) });
  }
  expect(warningsOf(stack)).toEqual([]);
});

test('refuses a secret of another construct that is generated as one string, and accepts one with a template', () => {
  const stack = makeStack();
  for (const publishTo of [undefined, { bucket: new s3.Bucket(stack, 'Bucket') }]) {
    const target = RotationTarget.signingKeys({ algorithm: ALGORITHM, publishTo });
    const rotation = new RotationFunction(stack, `Rotation${publishTo ? 1 : 0}`, { target });
    const generated = new Secret(stack, `Generated${publishTo ? 1 : 0}`);
    expectInvalid(() => rotation.rotate(generated), 'secret', `${generated.node.path} is generated as one string`, 'RotationTarget.signingKeys puts keys into a JSON object');
    rotation.rotate(new Secret(stack, `Template${publishTo ? 1 : 0}`, { generateSecretString: { secretStringTemplate: '{"issuer":"x"}', generateStringKey: 'salt' } }));
  }
});

test('several secrets without a publication share a function', () => {
  const stack = makeStack();
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.signingKeys({ algorithm: ALGORITHM }) });
  for (const id of ['One', 'Two']) { new RotatingSecret(stack, id, { rotationFunction }); }
  expect(warningsOf(stack)).toEqual([]);
});

describe('refuses', () => {
  const bucket = () => s3.Bucket.fromBucketName(makeStack(), 'Bucket', 'keys');

  test.each<[string, () => Partial<SigningKeysTargetOptions>, string, string]>([
    ['an algorithm', () => ({ algorithm: 'HS256' as SigningAlgorithm }), 'algorithm', 'is "HS256". Use one of RS256, PS256, ES256, ES384, EdDSA'],
    ['a length', () => ({ rsaModulusLength: 1024 }), 'rsaModulusLength', 'is 1024. Use one of 2048, 3072, 4096'],
    ['an absolute key', () => ({ publishTo: { bucket: bucket(), objectKey: '/jwks.json' } }), 'publishTo.objectKey', 'is "/jwks.json"'],
    ['a key with dots', () => ({ publishTo: { bucket: bucket(), objectKey: 'a/../jwks.json' } }), 'publishTo.objectKey', 'names between the slashes'],
    ['a long key', () => ({ publishTo: { bucket: bucket(), objectKey: 'k'.repeat(1025) } }), 'publishTo.objectKey', '1 to 1024 bytes'],
    ['a key with *', () => ({ publishTo: { bucket: bucket(), objectKey: 'keys/*.json' } }), 'publishTo.objectKey', 'is "keys/*.json", and in the policy of the function *, ? and ${ are wildcards and variables'],
    ['a key with ?', () => ({ publishTo: { bucket: bucket(), objectKey: 'jwks.jso?' } }), 'publishTo.objectKey', 'Use a key without them'],
    ['a key with a policy variable', () => ({ publishTo: { bucket: bucket(), objectKey: '${aws:username}.json' } }), 'publishTo.objectKey', 'Use a key without them'],
    ['a part of a second', () => ({ publishTo: { bucket: bucket(), cacheTime: Duration.millis(1500) } }), 'publishTo.cacheTime', 'is 1.5 seconds'],
    ['a token', () => ({ publishTo: { bucket: bucket(), cacheTime: Duration.seconds(Token.asNumber({ Ref: 'P' })) } }), 'publishTo.cacheTime', 'is a token'],
  ])('%s', (_, options, property, text) => {
    expectInvalid(() => RotationTarget.signingKeys({ algorithm: ALGORITHM, ...options() }), property, text);
  });
});

describe('rotations that can be closer to each other than the lifetime of a token', () => {
  test.each<[string, RotationRules | undefined, Duration, boolean]>([
    ['30 days by default', undefined, Duration.days(28), false],
    ['30 days by default', undefined, Duration.days(30), true],
    ['12 hours, with a window of an hour by default', RotationRules.rate(Duration.hours(12)), Duration.hours(10), false],
    ['12 hours, with a window of an hour by default', RotationRules.rate(Duration.hours(12)), Duration.hours(11), true],
    ['a day, with a window of a day by default', RotationRules.rate(Duration.days(1)), Duration.minutes(5), true],
    ['a day, with a window of an hour', RotationRules.rate(Duration.days(1), { window: Duration.hours(1) }), Duration.hours(22), false],
    ['hours of a day', RotationRules.cron({ hour: '2,14', window: Duration.hours(2) }), Duration.hours(10), true],
    ['hours of a day', RotationRules.cron({ hour: '2,14', window: Duration.hours(2) }), Duration.hours(9), false],
    ['days that are not known to be so near', RotationRules.cron({ weekDay: 'SUN' }), Duration.days(6), false],
    ['a spread week', RotationRules.spread({ period: RotationPeriod.WEEK }), Duration.days(7), true],
    ['a spread week', RotationRules.spread({ period: RotationPeriod.WEEK }), Duration.days(6), false],
    ['a token', RotationRules.expression(Token.asString({ Ref: 'P' })), Duration.days(60), false],
  ])('%s: %#', (_, rules, tokenLifetime, isWarned) => {
    const stack = makeStack();
    make(stack, { tokenLifetime, publishTo: { bucket: new s3.Bucket(stack, 'Bucket') } }, rules);
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(isWarned ? 1 : 0);
    for (const warning of warnings) { expect(warning).toMatch(/^rotationRules: two rotations of Stack\/Keys can be \d+ hours apart.*Rotate less often.*rotationWithinTokenLifetime/); }
  });

  test('refuses a cache time that is longer than the period, if the period is known', () => {
    const makeWith = (cacheTime: Duration, rules: RotationRules) => {
      const stack = makeStack();
      make(stack, { publishTo: { bucket: new s3.Bucket(stack, 'Bucket'), cacheTime } }, rules);
    };
    expectInvalid(() => makeWith(Duration.hours(25), RotationRules.rate(Duration.days(1))), 'publishTo.cacheTime', 'is 90000 seconds, and Stack/Keys rotates every 24 hours', 'Use a shorter cacheTime');
    makeWith(Duration.hours(24), RotationRules.rate(Duration.days(1)));
    makeWith(Duration.hours(25), RotationRules.expression(Token.asString({ Ref: 'P' })));
  });

  test('gives no warning without a lifetime and without a publication', () => {
    const stack = makeStack();
    make(stack, {}, RotationRules.rate(Duration.days(1)));
    expect(warningsOf(stack)).toEqual([]);
  });
});
