import { join } from 'node:path';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import type { Aws } from './aws';
import type { Cdk } from './cdk';
import type { Checks } from './checks';
import { Deployment } from './deployment';
import { endToEnd } from './end-to-end';
import { Rotations, STEPS } from './rotation';
import { Secret } from './secret';

async function test(aws: Aws, cdk: Cdk, checks: Checks): Promise<void> {
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy', () => cdk.deploy());
  const template = cdk.template();
  const deployment = await Deployment.of(template, aws);
  const secret = new Secret(aws.secretsManager, deployment.secretArn, deployment.generator.GenerateStringKey);
  await deployment.checkAsSynthesized(checks, secret);

  const rotations = new Rotations(checks, aws, deployment.functionName, secret, deployment.generator);
  await rotations.testAlone();
  await rotations.editOtherKeys();
  await rotations.rotate('first rotation', 1);
  await rotations.rotate('second rotation', 2);
  await rotations.refuseUnknownVersion();
  const foreign = await aws.secretsManager.send(new CreateSecretCommand({ Name: 'foreign', SecretString: '{"password":"untouched"}' }));
  await rotations.refuseForeignSecret(new Secret(aws.secretsManager, foreign.ARN!, 'password'));

  const before = await secret.versions();
  const output = await checks.need('cdk deploy, again', () => cdk.deploy());
  checks.check('the second deployment finds nothing to change', output.includes('(no changes)'));
  checks.check('the second deployment leaves every version of the secret as it was',
    JSON.stringify(await secret.versions()) === JSON.stringify(before));

  const messages = await aws.logMessages(deployment.logGroupName);
  const logged = STEPS.filter((step) => messages.some((message) => message.includes(step)));
  checks.check('the log of the function has lines of all four steps', logged.length === STEPS.length, logged);
  checks.check('no password stands in the log of the function', !messages.some((message) => secret.isIn(message)));
  checks.check('no password stands in what the function answered', !rotations.answers.some((answer) => secret.isIn(answer)));
  checks.check('no password stands in the template or in what the CDK CLI said', !secret.isIn(template.text) && !secret.isIn(cdk.output));

  await checks.need('cdk destroy', () => cdk.destroy());
  await deployment.checkGone(checks, secret);
  checks.check('the run reached its end', true);
}

void endToEnd(process.argv[2] ?? join(__dirname, '..', '..', 'examples', 'basic'), test);
