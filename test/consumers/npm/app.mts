import { App, Duration, Stack } from 'aws-cdk-lib';
import { RotatingSecret, RotationRules, type RotatingSecretProps } from 'cdk-rotating-secret';

const props: RotatingSecretProps = {
  secretName: 'my-app/custom-password',
  generateSecretString: {
    secretStringTemplate: JSON.stringify({ username: 'user1' }),
    generateStringKey: 'password',
  },
  rotationRules: RotationRules.rate(Duration.days(30)),
};

const stack = new Stack(new App(), 'Consumer');

new RotatingSecret(stack, 'Password', props);
