import type { Surroundings } from './app-under-test';
import { REGION, ROOT_CREDENTIALS } from './emulator';
import { STEPS } from './rotation';
import { labelled, Secret } from './secret';
import { query } from '../../lambda-src/aws/query';
import { signedCall, type SignedCall } from '../../lambda-src/aws/signed-call';
import { Deadline } from '../../lambda-src/rotation/deadline';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Calls the emulator with access keys, as the readers of a secret do. */
export class KeyHolder {
  private readonly call: SignedCall;

  constructor(endpoint: string) {
    process.env.AWS_ENDPOINT_URL = endpoint;
    this.call = signedCall(undefined, () => ROOT_CREDENTIALS);
  }

  /** Whether AWS STS says that it is a key of this user. */
  public async isAccepted(credentials: AccessKey, userName: string): Promise<boolean> {
    const { error, body } = await query(
      this.call, { service: 'sts', region: REGION, version: '2011-06-15', action: 'GetCallerIdentity', credentials }, new Deadline(() => 30_000),
    );
    return error === undefined && body.includes(`user/${userName}<`);
  }

  /** The status of the answer. */
  public async putObject(credentials: AccessKey, path: string): Promise<number> {
    const { status } = await this.call({ service: 's3', region: REGION, method: 'PUT', path, headers: {}, body: 'content', credentials }, AbortSignal.timeout(30_000));
    return status;
  }
}

/** One secret, with the access key of one user, from none on. */
export interface KeyOfUser {
  readonly secret: Secret;
  readonly userName: string;
  readonly functionName: string;
  /** Runs every step twice, and returns the value of AWSCURRENT. */
  readonly rotate: (title: string) => Promise<string>;
}

/** Deploys the app of one secret with the access key of one user, lets `act` rotate it, and destroys it. */
export async function withKeyOfUser(
  { aws, checks, cdkWith }: Surroundings, secretKey: string, first: string, act: (key: KeyOfUser) => Promise<void>,
): Promise<void> {
  const cdk = cdkWith({});
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy', () => cdk.deploy());
  const resources = await aws.stackResources(cdk.template().stackName);
  const idOf = (type: string) => resources.find((resource) => resource.type === type)!.physicalId;
  const [userName, functionName] = [idOf('AWS::IAM::User'), idOf('AWS::Lambda::Function')];
  const secret = new Secret(aws.secretsManager, idOf('AWS::SecretsManager::Secret'), secretKey);
  const answers: string[] = [];

  const { value } = await secret.current();
  checks.check('the secret has no key before its first rotation', value === first, value === first);
  checks.check('the deployment starts the first rotation', labelled(await secret.versions(), 'AWSPENDING') !== undefined);

  const rotate = async (title: string): Promise<string> => {
    const token = labelled(await secret.versions(), 'AWSPENDING')?.id ?? await secret.rotate();
    for (const step of STEPS) {
      for (const run of ['', ' again']) {
        const { failed, payload } = await aws.invoke(functionName, { Step: step, SecretId: secret.arn, ClientRequestToken: token });
        answers.push(payload);
        checks.check(`${title}: ${step}${run}`, !failed, payload);
      }
    }
    await secret.removePending(token).catch(() => {});
    const current = labelled(await secret.versions(), 'AWSCURRENT');
    checks.check(`${title}: the version of the rotation is the current one`, current?.id === token);
    return current?.value ?? '{}';
  };
  await act({ secret, userName, functionName, rotate });

  const messages = await aws.logMessages(idOf('AWS::Logs::LogGroup'));
  checks.check('the log of the function has lines of all four steps', STEPS.every((step) => messages.some((message) => message.includes(step))));
  checks.check('no key is in the log, in the answers, in the template or in what the CDK CLI said',
    ![...messages, ...answers, cdk.template().text, cdk.output].some((text) => secret.isIn(text)));

  // CloudFormation doesn't know the keys, and IAM deletes no user that has one.
  for (const id of await aws.accessKeyIds(userName)) { await aws.deleteAccessKey(userName, id); }
  await checks.need('cdk destroy', () => cdk.destroy());
  checks.check('the secret is gone', !await secret.exists());
  checks.check('the run reached its end', true);
}
