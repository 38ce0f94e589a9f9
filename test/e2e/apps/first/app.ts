import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationRules } from 'cdk-rotating-secret';

const app = new App();
const given = (name: string) => app.node.tryGetContext(name) as string;
const stack = new Stack(app, 'First');

const rotated = new RotatingSecret(stack, 'Rotated', {
  secretName: 'rotated',
  generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'password' },
  rotateImmediately: true,
  rotationRules: RotationRules.rate(Duration.days(Number(given('days')))),
});
const dependant = new Secret(stack, 'Dependant', { secretName: 'dependant' });
dependant.node.addDependency(rotated.rotation.first);

// A quarter of an hour is too long for a test that sees a rotation fail.
for (const fn of stack.node.findAll()) {
  if (fn instanceof CfnFunction && fn.timeout === 900) { fn.timeout = Number(given('timeout')); }
}
