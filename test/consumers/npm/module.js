const { App, Stack } = require('aws-cdk-lib');
const { RotatingSecret, RotationTarget } = require('cdk-rotating-secret');

const app = new App();
const stack = new Stack(app, 'Module');
try {
  new RotatingSecret(stack, 'Key', { target: RotationTarget.module('target.ts') });
  const { Resources } = app.synth().getStackByName('Module').template;
  const { Environment } = Object.values(Resources).find(({ Type }) => Type === 'AWS::Lambda::Function').Properties;
  console.log(JSON.parse(Environment.Variables.ROTATION_CONFIG).target);
} catch (error) {
  console.log(error.message);
}
