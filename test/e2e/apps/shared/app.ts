import { App, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { RotatingSecret, RotationFunction } from 'cdk-rotating-secret';

const stack = new Stack(new App(), 'Shared');
const rotationFunction = new RotationFunction(stack, 'Rotation');
const encryptionKey = new kms.Key(stack, 'Key');

for (const id of ['First', 'Second']) {
  new RotatingSecret(stack, id, {
    rotationFunction,
    encryptionKey,
    generateSecretString: { secretStringTemplate: JSON.stringify({ username: id }), generateStringKey: 'password' },
  });
}
