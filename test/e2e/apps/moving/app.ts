import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotationFunction, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const given = (name: string) => app.node.tryGetContext(name) as string | undefined;
const stack = new Stack(app, 'Moving');
const secret = new Secret(stack, 'Secret', {
  generateSecretString: { secretStringTemplate: JSON.stringify({ username: 'app' }), generateStringKey: 'password' },
});
const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.generated({ generateStringKey: 'password' }) });

switch (given('schedule')) {
  case 'of CDK':
    secret.addRotationSchedule('Schedule', { rotationLambda: rotationFunction, automaticallyAfter: Duration.days(30), rotateImmediatelyOnUpdate: false });
    break;
  case 'of this package': {
    rotationFunction.rotate(secret);
    const id = given('id');
    if (id !== undefined) { (secret.node.findChild('RotationSchedule') as CfnRotationSchedule).overrideLogicalId(id); }
    break;
  }
}
