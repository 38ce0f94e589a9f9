import type { Surroundings } from '../app-under-test';
import { Secret } from '../secret';

const SCHEDULE = 'AWS::SecretsManager::RotationSchedule';

/** A secret that CDK's own schedule rotates moves to a schedule of this package, in both ways that docs/moving.md shows, and in the wrong one. */
export async function moving({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const before = cdkWith({ schedule: 'of CDK' });
  await checks.need('cdk bootstrap', () => before.bootstrap());
  await checks.need('cdk deploy, with the schedule of CDK', () => before.deploy());
  const { stackName, resources } = before.template();
  const [id] = Object.entries(resources).find(([, { Type }]) => Type === SCHEDULE)!;
  const arn = (await aws.stackResources(stackName)).find(({ type }) => type === 'AWS::SecretsManager::Secret')!.physicalId;
  const secret = new Secret(aws.secretsManager, arn, 'password');
  const versions = JSON.stringify(await secret.versions());
  const isRotated = async (title: string, expected: boolean) => {
    const { RotationEnabled = false } = await secret.describe();
    checks.check(title, RotationEnabled === expected, RotationEnabled);
  };
  await isRotated('the schedule of CDK rotates the secret', true);

  await checks.need('cdk deploy, with the logical id kept', () => cdkWith({ schedule: 'of this package', id }).deploy());
  await isRotated('the rotation stays on', true);

  await checks.need('cdk deploy, with another logical id', () => cdkWith({ schedule: 'of this package' }).deploy());
  await isRotated('CloudFormation deletes the old schedule after it made the new one, so the rotation is off', false);

  await checks.need('cdk deploy, without a schedule', () => cdkWith({}).deploy());
  const last = cdkWith({ schedule: 'of this package' });
  await checks.need('cdk deploy, with the schedule of this package', () => last.deploy());
  await isRotated('deployed twice, the rotation is on', true);
  checks.check('no version of the secret changed', JSON.stringify(await secret.versions()) === versions);

  await checks.need('cdk destroy', () => last.destroy());
  checks.check('the run reached its end', true);
}
