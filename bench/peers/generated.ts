/*
 * Careful handwritten code: the four steps for a generated password, after AWS's template for other types of secrets.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html
 */
import {
  DescribeSecretCommand, GetRandomPasswordCommand, GetSecretValueCommand, PutSecretValueCommand, ResourceNotFoundException, SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

interface RotationEvent {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

const client = new SecretsManagerClient({});

export async function handler({ Step, SecretId, ClientRequestToken }: RotationEvent): Promise<void> {
  const { RotationEnabled, VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
  if (!RotationEnabled) { throw new Error(`Secret ${SecretId} is not enabled for rotation`); }
  const stages = VersionIdsToStages[ClientRequestToken];
  if (!stages) { throw new Error(`Secret version ${ClientRequestToken} has no stage for rotation of secret ${SecretId}`); }
  if (stages.includes('AWSCURRENT')) { return; }
  if (!stages.includes('AWSPENDING')) { throw new Error(`Secret version ${ClientRequestToken} is not AWSPENDING`); }
  switch (Step) {
    case 'createSecret': return createSecret(SecretId, ClientRequestToken);
    case 'setSecret': return;
    case 'testSecret': return testSecret(SecretId, ClientRequestToken);
    case 'finishSecret': return finishSecret(SecretId, ClientRequestToken, VersionIdsToStages);
    default: throw new Error(`Unknown step ${Step}`);
  }
}

async function createSecret(SecretId: string, token: string): Promise<void> {
  const current = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSCURRENT' }));
  try {
    await client.send(new GetSecretValueCommand({ SecretId, VersionId: token, VersionStage: 'AWSPENDING' }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) { throw error; }
    const { RandomPassword } = await client.send(new GetRandomPasswordCommand({ PasswordLength: 32 }));
    const SecretString = JSON.stringify({ ...JSON.parse(current.SecretString!), password: RandomPassword });
    await client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] }));
  }
}

async function testSecret(SecretId: string, token: string): Promise<void> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionId: token, VersionStage: 'AWSPENDING' }));
  if (!JSON.parse(SecretString!).password) { throw new Error('The pending secret has no password'); }
}

async function finishSecret(SecretId: string, token: string, stages: Record<string, string[]>): Promise<void> {
  const current = Object.keys(stages).find((version) => stages[version].includes('AWSCURRENT'));
  await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: token, RemoveFromVersionId: current }));
}
