const { App, Stack } = require('aws-cdk-lib');
const { RotatingSecret } = require('cdk-rotating-secret');

const stack = new Stack(new App(), 'Consumer');

new RotatingSecret(stack, 'Password', {
  secretName: 'my-app/custom-password',
  generateSecretString: {
    secretStringTemplate: JSON.stringify({ username: 'user1' }),
    generateStringKey: 'password',
  },
});
