import type { ListSecretsResponse, SecretListEntry } from '@aws-sdk/client-secrets-manager';
import type { RotatedSecret } from './decide';
import type { CheckConfig } from '../../src/contract';
import type { SecretsManagerClient } from '../aws/secrets-manager';
import { UnexpectedError } from '../rotation/errors';
import { mustBeAnswered, toRotationError } from '../rotation/service-errors';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
const PAGE = 100;

const FAILED = 'The service failed. The next check asks again';
const REMEDIES = {
  AccessDeniedException: 'The role of the function may not list secrets. Grant it secretsmanager:ListSecrets, or look for a permissions boundary, a service control policy or a policy on the '
    + 'VPC endpoint that denies it',
  ThrottlingException: 'Calls were throttled, and retries did not help. The next check asks again',
  InternalServiceError: FAILED,
  InternalFailure: FAILED,
  ServiceUnavailable: FAILED,
  ExpiredTokenException: 'The credentials of the function are not accepted any more. The next check asks again',
};

/** The secrets of the account and the region that are checked. Secrets that are scheduled for deletion aren't listed. */
export async function listSecrets(client: Pick<SecretsManagerClient, 'send'>, config: CheckConfig, region: string | undefined): Promise<RotatedSecret[]> {
  const secrets: RotatedSecret[] = [];
  const tokens = new Set<string | undefined>();
  let token: string | undefined;
  do {
    tokens.add(token);
    const page: ListSecretsResponse = await send(client, token);
    const entries: readonly unknown[] = mustBeAnswered('ListSecrets', Array.isArray(page.SecretList) ? page.SecretList : undefined);
    secrets.push(...entries.map((entry) => (entry ?? {}) as SecretListEntry).filter((entry) => isOf(entry, config, region)).map(read));
    token = page.NextToken;
    if (token !== undefined && tokens.has(token)) {
      throw new UnexpectedError('ListSecrets gave a NextToken for the second time, so the list has no end and nothing was checked. Secrets Manager failed; the next check asks again');
    }
  } while (token !== undefined);
  return secrets;
}

async function send(client: Pick<SecretsManagerClient, 'send'>, NextToken: string | undefined): Promise<ListSecretsResponse> {
  try {
    return await client.send('ListSecrets', { MaxResults: PAGE, NextToken });
  } catch (error) {
    throw toRotationError('ListSecrets', error, REMEDIES);
  }
}

function isOf(entry: SecretListEntry, config: CheckConfig, region: string | undefined): boolean {
  const [arn, functionArn] = [textOf(entry.ARN), textOf(entry.RotationLambdaARN)];
  const { functionArns, excludedSecretArns = [] } = config;
  // A replica rotates with its primary secret, which is checked in its own region.
  const isReplica = entry.PrimaryRegion !== undefined && entry.PrimaryRegion !== region;
  return (entry.RotationEnabled !== undefined || isOdd(entry)) && !isReplica
    && (functionArns === undefined || functionArns.some((ours) => functionArn === ours || functionArn.startsWith(`${ours}:`)))
    && !excludedSecretArns.some((excluded) => arn === excluded || arn.replace(/-\w{6}$/, '') === excluded);
}

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whether a field of the entry isn't of the documented type. Nothing can be concluded from the entry then. */
function isOdd({ ARN, RotationEnabled, RotationRules, SecretVersionsToStages, ...dates }: SecretListEntry): boolean {
  const { CreatedDate, LastChangedDate, LastRotatedDate, NextRotationDate } = dates;
  return textOf(ARN) === '' || ![undefined, true, false].includes(RotationEnabled)
    || [CreatedDate, LastChangedDate, LastRotatedDate, NextRotationDate].some((date) => date !== undefined && !isDate(date))
    || (RotationRules !== undefined && typeof RotationRules !== 'object')
    || Object.values(SecretVersionsToStages ?? {}).some((labels: unknown) => !Array.isArray(labels));
}

function read(entry: SecretListEntry): RotatedSecret {
  if (isOdd(entry)) { return { arn: textOf(entry.ARN), functionArn: textOf(entry.RotationLambdaARN) || undefined, isOdd: true, stages: [] }; }
  return {
    arn: entry.ARN!,
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
