import type { RotationRulesType } from '@aws-sdk/client-secrets-manager';
import { limitExceeded, secretNotFound } from './errors';

/* The state is immutable: a write makes a new state that shares the unchanged parts. So a snapshot is a reference, and branching a run is free. */

export const AWSCURRENT = 'AWSCURRENT';
export const AWSPENDING = 'AWSPENDING';
export const AWSPREVIOUS = 'AWSPREVIOUS';

export const MAX_STAGES = 20;

export type SecretValue = string | Uint8Array;

export interface Version {
  readonly id: string;
  /** Absent until the rotation that started the version has put a value. */
  readonly value?: SecretValue;
  readonly createdAt: number;
  readonly kmsKeyId: string;
}

export interface RotationConfig {
  readonly enabled: boolean;
  readonly lambdaArn: string;
  readonly rules?: RotationRulesType;
}

export interface RotationInProgress {
  readonly token: string;
  readonly rotationToken?: string;
  /** Only testSecret runs, on a temporary version. */
  readonly test: boolean;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags?: ReadonlyMap<string, string>;
  readonly createdAt: number;
  readonly lastChangedAt: number;
  readonly lastRotatedAt?: number;
  /** When the recovery window ends. */
  readonly deletionAt?: number;
  readonly rotation?: RotationConfig;
  readonly inProgress?: RotationInProgress;
  /** By version id, oldest first. */
  readonly versions: ReadonlyMap<string, Version>;
  /** The version of each staging label. */
  readonly stages: ReadonlyMap<string, string>;
}

export interface State {
  /** By ARN. */
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly writes: number;
}

export const EMPTY_STATE: State = { secrets: new Map(), writes: 0 };

export function withSecret(state: State, secret: Secret): State {
  return { ...state, secrets: new Map(state.secrets).set(secret.arn, secret) };
}

export function withoutSecret(state: State, secret: Secret): State {
  const secrets = new Map(state.secrets);
  secrets.delete(secret.arn);
  return { ...state, secrets };
}

/** The secret with this name, complete ARN, or ARN without its six random characters. Undefined if there is none. */
export function lookUpSecret(state: State, secretId: string): Secret | undefined {
  const complete = state.secrets.get(secretId);
  if (complete) { return complete; }
  // An id that ends like a complete ARN is taken for one, as in the service.
  const maybePartialArn = secretId.startsWith('arn:') && !/-[A-Za-z0-9]{6}$/.test(secretId);
  for (const secret of state.secrets.values()) {
    if (secret.name === secretId || (maybePartialArn && secret.arn.slice(0, -7) === secretId)) { return secret; }
  }
  return undefined;
}

export function findSecret(state: State, secretId: string): Secret {
  const secret = lookUpSecret(state, secretId);
  if (!secret) { throw secretNotFound(); }
  return secret;
}

/** The labels of a version, sorted. */
export function stagesOf(secret: Secret, versionId: string): string[] {
  const labels: string[] = [];
  for (const [label, attachedTo] of secret.stages) {
    if (attachedTo === versionId) { labels.push(label); }
  }
  return labels.sort();
}

export function withVersion(secret: Secret, version: Version): Secret {
  return { ...secret, versions: new Map(secret.versions).set(version.id, version) };
}

/** The labels after these were attached to the version. AWSPREVIOUS follows AWSCURRENT. */
export function attachStages(stages: ReadonlyMap<string, string>, labels: readonly string[], versionId: string): Map<string, string> {
  const attached = new Map(stages);
  for (const label of labels) {
    const from = stages.get(label);
    attached.set(label, versionId);
    if (label === AWSCURRENT && from !== undefined && from !== versionId) { attached.set(AWSPREVIOUS, from); }
  }
  if (attached.size > MAX_STAGES) {
    throw limitExceeded(`You can't attach more than ${MAX_STAGES} staging labels to the versions of a secret.`);
  }
  return attached;
}

export function detachStage(stages: ReadonlyMap<string, string>, label: string): Map<string, string> {
  const detached = new Map(stages);
  detached.delete(label);
  return detached;
}

/** Whether AWSPENDING is on a version other than the AWSCURRENT one. A rotation isn't complete then. */
export function hasIncompleteRotation(secret: Secret): boolean {
  const pending = secret.stages.get(AWSPENDING);
  return pending !== undefined && pending !== secret.stages.get(AWSCURRENT);
}

/** Removes the oldest versions without a label, beyond a number of them. */
export function pruneVersions(secret: Secret, maxUnlabelled: number): Secret {
  if (secret.versions.size <= maxUnlabelled) { return secret; }
  const labelled = new Set(secret.stages.values());
  const unlabelled = [...secret.versions.keys()].filter((id) => !labelled.has(id));
  if (unlabelled.length <= maxUnlabelled) { return secret; }
  const versions = new Map(secret.versions);
  for (const id of unlabelled.slice(0, unlabelled.length - maxUnlabelled)) { versions.delete(id); }
  return { ...secret, versions };
}
