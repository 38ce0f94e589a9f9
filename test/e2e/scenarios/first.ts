import { setTimeout as sleep } from 'node:timers/promises';
import type { Surroundings } from '../app-under-test';
import { STEPS } from '../rotation';
import { labelled, pendingVersion, Secret } from '../secret';

/** Long enough for a waiter that believes the rotation to be over to look, and for CloudFormation to go on. */
const GRACE_MS = 6_000;
const TIME_FOR_DEPLOYMENT_MS = 90_000;

const REFUSAL = /rotation\.first: the first rotation of First\/Rotated was not over after \d+ seconds\. A rotation began, and AWSCURRENT has not moved/;

/** What depends on the first rotation starts after it, a later deployment doesn't wait, and a rotation that fails makes the deployment fail. */
export async function first({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const cdk = cdkWith({ days: '30', timeout: '300' });
  const rotated = new Secret(aws.secretsManager, 'rotated', 'password');
  const dependant = new Secret(aws.secretsManager, 'dependant', 'password');
  await checks.need('cdk bootstrap', () => cdk.bootstrap());

  let isOver = false;
  const deployment = checks.need('cdk deploy', () => cdk.deploy()).finally(() => { isOver = true; });
  const token = await pendingVersion(rotated, () => isOver);
  const { ARN, RotationLambdaARN } = await rotated.describe();
  const before = await rotated.current();
  for (const step of STEPS) {
    if (step === 'finishSecret') {
      await sleep(GRACE_MS);
      checks.check('before the last step, the deployment waits, and the dependant is not there', !isOver && !await dependant.exists());
    }
    const { failed, payload } = await aws.invoke(RotationLambdaARN!.split(':').at(-1)!, { Step: step, SecretId: ARN, ClientRequestToken: token });
    checks.check(`${step} succeeds`, !failed, payload);
  }
  await deployment;
  checks.check('after the rotation, the dependant is there', await dependant.exists());
  const after = await rotated.current();
  checks.check('the secret has the value of the rotation', after.id === token && after.value !== before.value);

  const changed = cdkWith({ days: '10', timeout: '300' });
  const start = Date.now();
  await checks.need('a deployment that changes the schedule, and so starts another rotation', () => changed.deploy());
  checks.check('does not wait for that one', Date.now() - start < TIME_FOR_DEPLOYMENT_MS, { milliseconds: Date.now() - start });
  const next = labelled(await rotated.versions(), 'AWSPENDING');
  checks.check('which has begun', next !== undefined && next.id !== token && next.value === undefined);
  await checks.need('cdk destroy', () => changed.destroy());
  checks.check('the secret is gone', !await rotated.exists());

  const failing = cdkWith({ days: '30', timeout: '36' });
  const refusal = await failing.deploy().then(() => '', String);
  checks.check('a deployment whose rotation does not end fails, and says why', REFUSAL.test(refusal), refusal.slice(-1_500));
  checks.check('and says where to look', /The log is \S*RotatedRotationFunctionLogGroup[^\s.]*\. A rollback may delete it; [^]*#the-first-rotation/.test(refusal), refusal.slice(-1_500));
  checks.check('the dependant is not there', !await dependant.exists());
  const said = [cdk, changed, failing].map(({ output }) => output).join('\n') + refusal;
  checks.check('no password stands in what the CDK CLI said', !rotated.isIn(said));
  await checks.need('cdk destroy, after the rollback', () => failing.destroy());
  checks.check('the secret is gone', !await rotated.exists());
  checks.check('the run reached its end', true);
}
