import { ListSecretsCommand, type ListSecretsCommandOutput, type SecretListEntry, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { RotatedSecret } from './decide';
import type { CheckConfig } from '../../src/contract';
import { toRotationError } from '../rotation/service-errors';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
const PAGE = 100;

/** The secrets of the account and the region that the check is about. Those that are to be deleted aren't listed. */
export async function listSecrets(client: Pick<SecretsManagerClient, 'send'>, config: CheckConfig, region: string | undefined): Promise<RotatedSecret[]> {
  const secrets: RotatedSecret[] = [];
  let token: string | undefined;
  do {
    const page: ListSecretsCommandOutput = await send(client, token);
    secrets.push(...(page.SecretList ?? []).filter((entry) => isOf(entry, config, region)).map(read));
    token = page.NextToken;
  } while (token !== undefined);
  return secrets;
}

async function send(client: Pick<SecretsManagerClient, 'send'>, NextToken: string | undefined): Promise<ListSecretsCommandOutput> {
  try {
    return await client.send(new ListSecretsCommand({ MaxResults: PAGE, NextToken }));
  } catch (error) {
    throw toRotationError('ListSecrets', error);
  }
}

function isOf({ ARN = '', RotationLambdaARN = '', RotationEnabled, PrimaryRegion }: SecretListEntry, config: CheckConfig, region: string | undefined): boolean {
  const { functionArns, excludedSecretArns = [] } = config;
  // A replica rotates with its primary, which is looked at where that is.
  const isReplica = PrimaryRegion !== undefined && PrimaryRegion !== region;
  return RotationEnabled !== undefined && !isReplica
    && (functionArns === undefined || functionArns.some((arn) => RotationLambdaARN === arn || RotationLambdaARN.startsWith(`${arn}:`)))
    && !excludedSecretArns.some((arn) => ARN === arn || ARN.replace(/-\w{6}$/, '') === arn);
}

function read(entry: SecretListEntry): RotatedSecret {
  return {
    arn: entry.ARN ?? '',
    rotationEnabled: entry.RotationEnabled,
    functionArn: entry.RotationLambdaARN,
    createdDate: entry.CreatedDate,
    lastChangedDate: entry.LastChangedDate,
    lastRotatedDate: entry.LastRotatedDate,
    nextRotationDate: entry.NextRotationDate,
    scheduleExpression: entry.RotationRules?.ScheduleExpression,
    automaticallyAfterDays: entry.RotationRules?.AutomaticallyAfterDays,
    stages: Object.values(entry.SecretVersionsToStages ?? {}),
  };
}
