import { ServiceError, invalidParameter, invalidRequest, markedForDeletion, notFound, tokenInUse } from '../errors';
import { AWSCURRENT, attachStages, findSecret, pruneVersions, stagesOf, withSecret, withVersion } from '../state';
import type { Secret, SecretValue, State, Version } from '../state';
import type { Inputs } from '../types';
import type { Context, Implementation } from './context';
import { addVersion, givenValue, promote, sameValue } from './versions';

export const getSecretValue: Implementation<'GetSecretValue'> = ({ state }, input) => {
  const secret = usableSecret(state, input.SecretId!);
  const version = requestedVersion(secret, input);
  const stages = stagesOf(secret, version.id);
  const value = version.value!;
  return {
    output: {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      ...typeof value === 'string' ? { SecretString: value } : { SecretBinary: Uint8Array.from(value) },
      ...stages.length > 0 && { VersionStages: stages },
      CreatedDate: new Date(version.createdAt),
    },
  };
};

function requestedVersion(secret: Secret, input: Inputs['GetSecretValue']): Version {
  const { VersionId: id, VersionStage: stage } = input;
  const label = stage ?? AWSCURRENT;
  const missing = () => notFound(
    `Secrets Manager can't find the specified secret value for ${id === undefined ? `staging label: ${label}` : `VersionId: ${id}`}`);
  const version = secret.versions.get(id ?? secret.stages.get(label) ?? '');
  if (!version) { throw missing(); }
  if (id !== undefined && stage !== undefined && secret.stages.get(stage) !== id) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
  }
  if (version.value === undefined) { throw missing(); }
  return version;
}

export const listSecretVersionIds: Implementation<'ListSecretVersionIds'> = ({ state }, input) => {
  const secret = findSecret(state, input.SecretId!);
  const listed = [...secret.versions.values()]
    .map((version) => ({ version, stages: stagesOf(secret, version.id) }))
    .filter(({ stages }) => input.IncludeDeprecated || stages.length > 0);
  const from = pageStart(input.NextToken, listed.length);
  const to = from + (input.MaxResults ?? 100);
  return {
    output: {
      Versions: listed.slice(from, to).map(({ version, stages }) => ({
        VersionId: version.id,
        ...stages.length > 0 && { VersionStages: stages },
        CreatedDate: new Date(version.createdAt),
        KmsKeyIds: [version.kmsKeyId],
      })),
      ...to < listed.length && { NextToken: `from-${to}` },
      ARN: secret.arn,
      Name: secret.name,
    },
  };
};

function pageStart(nextToken: string | undefined, count: number): number {
  if (nextToken === undefined) { return 0; }
  const start = Number(/^from-(\d+)$/.exec(nextToken)?.[1]);
  if (!(start < count)) { throw new ServiceError('InvalidNextTokenException', 'The NextToken value is invalid.'); }
  return start;
}

export const putSecretValue: Implementation<'PutSecretValue'> = (context, input) => {
  const secret = usableSecret(context.state, input.SecretId!);
  const value = givenValue(input);
  if (value === undefined) { throw invalidRequest('You must provide either SecretString or SecretBinary.'); }
  const token = input.ClientRequestToken!;
  checkRotationToken(secret, token, input.RotationToken);
  const existing = secret.versions.get(token);
  if (existing?.value !== undefined) {
    if (!sameValue(existing.value, value)) { throw tokenInUse(token, secret.arn); }
    // Ignored as a whole, so its labels stay the same.
    return { output: putOutput(secret, token) };
  }
  const labels = input.VersionStages ?? [AWSCURRENT];
  const changed = existing
    ? fillVersion(context, secret, existing, value, labels)
    : addVersion(context, secret, token, value, withFirstLabel(secret, labels));
  return { state: withSecret(context.state, changed), output: putOutput(changed, token) };
};

/** The secret with the value of the version that RotateSecret started. */
function fillVersion(context: Context, secret: Secret, version: Version, value: SecretValue, labels: readonly string[]): Secret {
  const createdAt = context.switches.pendingCreatedDate === 'put' ? context.at : version.createdAt;
  const attached = attachStages(secret.stages, labels, version.id);
  const stages = labels.includes(AWSCURRENT) ? promote(context, attached, version.id) : attached;
  const filled = withVersion({ ...secret, stages, lastChangedAt: context.at }, { ...version, value, createdAt });
  return pruneVersions(filled, context.switches.maxUnlabelledVersions);
}

/** The first version of a secret is AWSCURRENT, whatever labels the request has. */
function withFirstLabel(secret: Secret, labels: readonly string[]): readonly string[] {
  return secret.versions.size > 0 || labels.includes(AWSCURRENT) ? labels : [...labels, AWSCURRENT];
}

function checkRotationToken(secret: Secret, token: string, given: string | undefined): void {
  const issued = secret.inProgress?.token === token ? secret.inProgress.rotationToken : undefined;
  if (given === issued) { return; }
  throw invalidParameter(issued === undefined
    ? 'You provided a RotationToken, and no rotation that has one is in progress for this version.'
    : 'The RotationToken is missing, or is not the one of the rotation in progress.');
}

function putOutput(secret: Secret, token: string) {
  return { ARN: secret.arn, Name: secret.name, VersionId: token, VersionStages: stagesOf(secret, token) };
}

export const updateSecret: Implementation<'UpdateSecret'> = (context, input) => {
  const secret = usableSecret(context.state, input.SecretId!);
  const value = givenValue(input);
  const token = input.ClientRequestToken!;
  if (secret.versions.has(token)) { throw tokenInUse(token, secret.arn); }
  const described: Secret = {
    ...secret,
    description: input.Description ?? secret.description,
    // An empty one stands for the AWS managed key.
    kmsKeyId: input.KmsKeyId === '' ? undefined : input.KmsKeyId ?? secret.kmsKeyId,
    lastChangedAt: context.at,
  };
  const output = { ARN: secret.arn, Name: secret.name };
  if (value === undefined) { return { state: withSecret(context.state, described), output }; }
  return {
    state: withSecret(context.state, addVersion(context, described, token, value, [AWSCURRENT])),
    output: { ...output, VersionId: token },
  };
};

export function usableSecret(state: State, secretId: string): Secret {
  const secret = findSecret(state, secretId);
  if (secret.deletionAt !== undefined) { throw markedForDeletion(); }
  return secret;
}
