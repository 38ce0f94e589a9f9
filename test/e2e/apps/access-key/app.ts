import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RotatingSecret, RotationTarget } from 'cdk-rotating-secret';

// As examples/iam-access-key, without the group, which the emulator doesn't know.
const stack = new Stack(new App(), 'AccessKey');
const user = new iam.User(stack, 'User');
new RotatingSecret(stack, 'Secret', { target: RotationTarget.iamAccessKey({ user, exclusiveUser: true }) });
