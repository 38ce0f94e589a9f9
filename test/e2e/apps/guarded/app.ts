import { App, Stack } from 'aws-cdk-lib';
import { RotatingSecret } from 'cdk-rotating-secret';

const app = new App();
const given = (name: string) => app.node.tryGetContext(name) as string;

new RotatingSecret(new Stack(app, 'Guarded'), 'Secret', {
  generateSecretString: { secretStringTemplate: JSON.stringify({ username: given('username') }), generateStringKey: 'password' },
  regenerationGuard: given('guard'),
});
