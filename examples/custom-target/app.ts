import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { RotatingSecret, RotationFunction, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingSecretCustomTarget', { description: 'The key of an HTTP API, which takes the one before it until the next rotation' });

const rotation = new RotationFunction(stack, 'KeyRotation', {
  target: RotationTarget.module(join(__dirname, 'api-key.ts'), {
    generateStringKey: 'apiKey',
    passwordPolicy: { passwordLength: 40, excludePunctuation: true },
  }),
  environment: { KEY_API_URL: app.node.tryGetContext('keyApiUrl') },
});

const secret = new RotatingSecret(stack, 'ApiKey', {
  rotationFunction: rotation,
  generateSecretString: { secretStringTemplate: JSON.stringify({ client: 'my-app' }) },
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });
