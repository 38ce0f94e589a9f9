import type { Aws } from './aws';
import type { Cdk } from './cdk';
import { Deployment } from './deployment';
import type { Emulator } from './emulator';
import { Rotations, STEPS } from './rotation';
import { Secret } from './secret';
import type { Checks } from '../../tools/checks';

/** What every scenario has. */
export interface Surroundings {
  readonly aws: Aws;
  readonly checks: Checks;
  /** The CDK CLI, at work on the app, which is told `context`. */
  readonly cdkWith: (context: Readonly<Record<string, string>>) => Cdk;
  readonly emulator: Emulator;
  /** For files of the run, deleted at its end. */
  readonly directory: string;
}

/** What the app has made. */
export interface AppUnderTest {
  readonly deployment: Deployment;
  readonly secret: Secret;
  readonly rotations: Rotations;
}

/** Deploys the app of one rotated secret, has it rotated, deploys it again and destroys it. */
export async function withApp(
  { aws, checks, cdkWith }: Surroundings, context: Readonly<Record<string, string>>, act: (app: AppUnderTest) => Promise<void>,
): Promise<void> {
  const cdk = cdkWith(context);
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy', () => cdk.deploy());
  const deployment = await Deployment.of(cdk.template(), aws);
  const secret = new Secret(aws.secretsManager, deployment.secretArn, deployment.generator.GenerateStringKey);
  await deployment.checkAsSynthesized(checks, secret);

  const rotations = new Rotations(checks, aws, deployment.functionName, secret, deployment.generator);
  await act({ deployment, secret, rotations });

  const before = await secret.versions();
  const output = await checks.need('cdk deploy, again', () => cdk.deploy());
  checks.check('the second deployment finds nothing to change', output.includes('(no changes)'));
  checks.check('the second deployment leaves every version of the secret as it was',
    JSON.stringify(await secret.versions()) === JSON.stringify(before));

  const messages = await aws.logMessages(deployment.logGroupName);
  const logged = STEPS.filter((step) => messages.some((message) => message.includes(step)));
  checks.check('the log of the function has lines of all four steps', logged.length === STEPS.length, logged);
  checks.check('no password stands in the log of the function', !messages.some((message) => secret.isIn(message)));
  for (const name of deployment.otherFunctionNames) {
    const others = await aws.logMessages(`/aws/lambda/${name}`);
    checks.check('no password stands in the log of the other function', others.length > 0 && !others.some((message) => secret.isIn(message)));
  }
  checks.check('no password stands in what the function answered', !rotations.answers.some((answer) => secret.isIn(answer)));
  checks.check('no password stands in the template or in what the CDK CLI said', !secret.isIn(deployment.template.text) && !secret.isIn(cdk.output));

  await checks.need('cdk destroy', () => cdk.destroy());
  await deployment.checkGone(checks, secret);
  checks.check('the run reached its end', true);
}
