import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { RotatingSecret } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingSecretBasic', { description: 'One secret that rotates itself every 30 days' });

const secret = new RotatingSecret(stack, 'Password', {
  secretName: 'my-app/custom-password',
  generateSecretString: {
    secretStringTemplate: JSON.stringify({ username: 'user1' }),
    generateStringKey: 'password',
  },
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });
