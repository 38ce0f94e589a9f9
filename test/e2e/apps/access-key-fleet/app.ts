import { App, Stack, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RotatingSecret, RotationFunction, RotationTarget } from 'cdk-rotating-secret';

const COUNT = 50;

const stack = new Stack(new App(), 'AccessKeyFleet');
const users = Array.from({ length: COUNT }, (_, n) => new iam.User(stack, `User${n}`));
// The function may rotate its keys too, and no secret is tagged with it.
const bystander = new iam.User(stack, 'Bystander');
const rotationFunction = new RotationFunction(stack, 'Rotation', {
  target: RotationTarget.iamAccessKey({ users: [...users, bystander] }),
  secretNamePrefix: 'keys/',
});
for (const [n, user] of users.entries()) {
  const secret = new RotatingSecret(stack, `Key${n}`, { rotationFunction, secretName: `keys/user-${n}` });
  Tags.of(secret).add('cdk-rotating-secret:user', user.userArn);
}
