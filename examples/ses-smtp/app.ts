import { App, CfnOutput, SecretValue, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RotatingSecret, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingSmtpPassword', { description: 'The password of a service that sends mail through Amazon SES, which rotates' });

// One identity of SES, which exists already, and one sender.
const identity = stack.formatArn({ service: 'ses', resource: 'identity', resourceName: 'example.com' });
const senders = new iam.Group(stack, 'Senders');
senders.addManagedPolicy(new iam.ManagedPolicy(stack, 'Send', {
  statements: [new iam.PolicyStatement({
    actions: ['ses:SendRawEmail'],
    resources: [identity],
    conditions: { StringEquals: { 'ses:FromAddress': 'shop@example.com' } },
  })],
}));
const user = new iam.User(stack, 'Mailer', { groups: [senders] });

// The host and the port are for the service. A rotation adds the user name and the password.
const secret = new RotatingSecret(stack, 'Smtp', {
  target: RotationTarget.sesSmtp({ user, exclusiveUser: true }),
  secretObjectValue: {
    host: SecretValue.unsafePlainText(`email-smtp.${stack.region}.amazonaws.com`),
    port: SecretValue.unsafePlainText('587'),
  },
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });
