import { isDeepStrictEqual } from 'node:util';
import type { Surroundings } from '../app-under-test';
import { Secret } from '../secret';

const REFUSAL = /regenerationGuard: the deployment changes what generates the value of Guarded\/Secret \(secretStringTemplate\)/;

/** A deployment that would generate the value anew fails before the secret is touched, unless the guard changes too. */
export async function guard({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const deployed = cdkWith({ username: 'user1', guard: '1' });
  await checks.need('cdk bootstrap', () => deployed.bootstrap());
  await checks.need('cdk deploy', () => deployed.deploy());
  const { stackName } = deployed.template();
  const idOf = async (type: string) => (await aws.stackResources(stackName)).find((resource) => resource.type === type)!.physicalId;
  const secret = new Secret(aws.secretsManager, await idOf('AWS::SecretsManager::Secret'), 'password');
  const before = await secret.versions();

  const changed = cdkWith({ username: 'user2', guard: '1' });
  const refusal = await changed.deploy().then(() => '', String);
  checks.check('a deployment with another template fails, and says why', REFUSAL.test(refusal), refusal.slice(-600));
  checks.check('the secret has the versions and the values that it had', isDeepStrictEqual(await secret.versions(), before));

  await checks.need('the template as it was deploys, after the rollback', () => deployed.deploy());
  checks.check('and leaves the secret alone', isDeepStrictEqual(await secret.versions(), before));

  const acknowledged = cdkWith({ username: 'user2', guard: '2' });
  await checks.need('the other template deploys where the guard changes too', () => acknowledged.deploy());
  const { value } = await secret.current();
  checks.check('and CloudFormation generates a value from it', JSON.parse(value!).username === 'user2' && value !== before[0].value);

  const said = [deployed, changed, acknowledged].map(({ output }) => output).join('\n') + refusal;
  checks.check('no password stands in what the CDK CLI said', !secret.isIn(said));
  await checks.need('cdk destroy', () => acknowledged.destroy());
  checks.check('the secret is gone', !await secret.exists());
  checks.check('the run reached its end', true);
}
