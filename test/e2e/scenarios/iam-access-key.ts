import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { query } from '../../../lambda-src/aws/query';
import { signedCall } from '../../../lambda-src/aws/signed-call';
import { Deadline } from '../../../lambda-src/rotation/deadline';
import type { Surroundings } from '../app-under-test';
import { REGION } from '../emulator';
import { STEPS } from '../rotation';
import { labelled, Secret } from '../secret';

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The access key of a user, from none on: the old one works until the next rotation, and is refused after it. */
export async function iamAccessKey({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const cdk = cdkWith({});
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy', () => cdk.deploy());
  const resources = await aws.stackResources(cdk.template().stackName);
  const idOf = (type: string) => resources.find((resource) => resource.type === type)!.physicalId;
  const userName = idOf('AWS::IAM::User');
  const functionName = resources.find(({ type }) => type === 'AWS::Lambda::Function')!.physicalId;
  const secret = new Secret(aws.secretsManager, idOf('AWS::SecretsManager::Secret'), 'secretAccessKey');
  const answers: string[] = [];

  const { value: first } = await secret.current();
  checks.check('the secret has no key before its first rotation', first === '{}', first === '{}');
  checks.check('the deployment starts the first rotation', labelled(await secret.versions(), 'AWSPENDING') !== undefined);

  const keyOf = (value: string | undefined) => JSON.parse(value ?? '{}') as Key;
  const rotate = async (title: string): Promise<Key> => {
    const token = labelled(await secret.versions(), 'AWSPENDING')?.id ?? await secret.rotate();
    for (const step of STEPS) {
      for (const run of ['', ' again']) {
        const { failed, payload } = await aws.invoke(functionName, { Step: step, SecretId: secret.arn, ClientRequestToken: token });
        answers.push(payload);
        checks.check(`${title}: ${step}${run}`, !failed, payload);
      }
    }
    await secret.removePending(token).catch(() => {});
    const versions = await secret.versions();
    checks.check(`${title}: the version of the rotation is the current one`, labelled(versions, 'AWSCURRENT')?.id === token);
    return keyOf(labelled(versions, 'AWSCURRENT')?.value);
  };
  const call = signedCall(new SecretsManagerClient({ region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }));
  const isAccepted = async (credentials: Key): Promise<boolean> => {
    process.env.AWS_ENDPOINT_URL = aws.endpoint;
    const { error, body } = await query(call, { service: 'sts', region: REGION, version: '2011-06-15', action: 'GetCallerIdentity', credentials }, new Deadline(() => 30_000));
    return error === undefined && body.includes(`user/${userName}`);
  };

  const keys: Key[] = [];
  for (const title of ['first rotation', 'second rotation', 'third rotation']) {
    keys.push(await rotate(title));
    const accepted = await Promise.all(keys.map(isAccepted));
    const expected = keys.map((_, index) => index >= keys.length - 2);
    checks.check(`${title}: the last two keys are accepted, and older ones are refused`, accepted.join() === expected.join(), accepted);
  }
  checks.check('each rotation makes another key', new Set(keys.map(({ accessKeyId }) => accessKeyId)).size === keys.length);
  checks.check('no key stands in the answers, in the template or in what the CDK CLI said',
    ![...answers, cdk.template().text, cdk.output].some((text) => secret.isIn(text)));

  for (const { accessKeyId } of keys) { await aws.deleteAccessKey(userName, accessKeyId); }
  await checks.need('cdk destroy', () => cdk.destroy());
  checks.check('the secret is gone', !await secret.exists());
  checks.check('the run reached its end', true);
}
