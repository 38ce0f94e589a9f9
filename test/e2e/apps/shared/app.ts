import { App, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { RotatingSecret, RotationFunction, RotationTarget } from 'cdk-rotating-secret';

const stack = new Stack(new App(), 'Shared');
const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.generated({ generateStringKey: 'password' }) });
const encryptionKey = new kms.Key(stack, 'Key');

for (const id of ['First', 'Second']) {
  new RotatingSecret(stack, id, {
    rotationFunction,
    encryptionKey,
    generateSecretString: { secretStringTemplate: JSON.stringify({ username: id }), generateStringKey: 'password' },
  });
}
