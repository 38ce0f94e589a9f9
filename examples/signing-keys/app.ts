import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RotatingSecret, RotationRules, RotationTarget, SigningAlgorithm } from 'cdk-rotating-secret';

const OBJECT = '.well-known/jwks.json';

const app = new App();
const stack = new Stack(app, 'RotatingSecretSigningKeys', { description: 'The keys of JSON Web Tokens, and the public ones for everybody who verifies' });

// One object of it is for everybody. With CloudFront in front of it, it can stay private.
const bucket = new s3.Bucket(stack, 'PublicKeys', {
  blockPublicAccess: new s3.BlockPublicAccess({
    blockPublicAcls: true, ignorePublicAcls: true, blockPublicPolicy: false, restrictPublicBuckets: false,
  }),
  enforceSSL: true,
});
bucket.grantPublicAccess(OBJECT);

// The service that signs needs secret.grantRead(…), and the one that verifies the address.
const secret = new RotatingSecret(stack, 'TokenKeys', {
  target: RotationTarget.signingKeys({
    algorithm: SigningAlgorithm.ES256,
    publishTo: { bucket, objectKey: OBJECT, cacheTime: Duration.seconds(Number(app.node.tryGetContext('cacheSeconds') ?? 600)) },
    tokenLifetime: Duration.hours(1),
  }),
  rotationRules: RotationRules.rate(Duration.days(30)),
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });
new CfnOutput(stack, 'JwksUri', { value: bucket.urlForObject(OBJECT) });
