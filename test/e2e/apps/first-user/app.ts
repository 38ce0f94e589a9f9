import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationStrategy, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const given = (name: string) => app.node.tryGetContext(name) as string;
const stack = new Stack(app, 'FirstUser');

const engine = given('engine') as 'postgres' | 'mysql' | 'mariadb';
const endpoint = given('endpoint');
const [host, port] = endpoint.split(':');
const superuserSecret = Secret.fromSecretCompleteArn(stack, 'Superuser', given('superuserSecretArn'));
const strategy = RotationStrategy.alternatingUsers(superuserSecret, { creationStatements: [given('statement')] });

const user = new RotatingSecret(stack, 'User', {
  secretName: 'app-user',
  target: RotationTarget[engine]({ strategy, endpoint, certificateAuthority: readFileSync(given('certificateAuthorityFile'), 'utf8') }),
  generateSecretString: { secretStringTemplate: JSON.stringify({ engine, host, port: Number(port), dbname: given('database'), username: 'app' }) },
});
const service = new Secret(stack, 'Service', { secretName: 'service' });
service.node.addDependency(user.rotation.first);
