import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RotatingSecret, RotationRules, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingAccessKey', { description: 'A user of IAM for a service outside of AWS, whose access key rotates' });

// What the service may do, and nothing else: whoever may read the secret may do the same.
const uploads = s3.Bucket.fromBucketName(stack, 'Uploads', 'my-uploads');
const uploaders = new iam.Group(stack, 'Uploaders');
uploaders.addManagedPolicy(new iam.ManagedPolicy(stack, 'Upload', {
  statements: [new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [uploads.arnForObjects('incoming/*')] })],
}));
const user = new iam.User(stack, 'Uploader', { groups: [uploaders] });

// The first rotation, at deployment, makes the first key. A key is valid until the second rotation after it was made: for 60 days.
const secret = new RotatingSecret(stack, 'UploaderKey', {
  target: RotationTarget.iamAccessKey({ user, exclusiveUser: true }),
  rotationRules: RotationRules.rate(Duration.days(30)),
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });
