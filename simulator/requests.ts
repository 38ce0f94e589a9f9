import { ServiceError, invalidParameter, invalidRequest, serialization, validation } from './errors';
import type { Inputs, Operation } from './types';

interface Member {
  readonly type: 'string' | 'number' | 'boolean' | 'blob' | 'strings' | 'structure';
  readonly required?: true;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly members?: Readonly<Record<string, Member>>;
}

const secretId: Member = { type: 'string', required: true, min: 1, max: 2048 };
const name: Member = { type: 'string', required: true, min: 1, max: 512 };
const token: Member = { type: 'string' };
const versionId: Member = { type: 'string', min: 32, max: 64 };
const stage: Member = { type: 'string', min: 1, max: 256 };
const secretString: Member = { type: 'string', min: 1, max: 65536 };
const secretBinary: Member = { type: 'blob', min: 1, max: 65536 };
const description: Member = { type: 'string', max: 2048 };
const kmsKeyId: Member = { type: 'string', max: 2048 };
const flag: Member = { type: 'boolean' };

const rotationRules: Member = {
  type: 'structure',
  members: {
    AutomaticallyAfterDays: { type: 'number', min: 1, max: 1000 },
    Duration: { type: 'string', min: 2, max: 3, pattern: /^[0-9h]+$/ },
    ScheduleExpression: { type: 'string', min: 1, max: 256, pattern: /^[0-9A-Za-z()#?*\-/, ]+$/ },
  },
};

/** The members of each request. A member that only the service has is refused, never ignored. */
const REQUESTS: { readonly [O in Operation]: { readonly [M in keyof Inputs[O]]?: Member } } = {
  CancelRotateSecret: { SecretId: secretId },
  CreateSecret: {
    Name: name,
    ClientRequestToken: token,
    Description: description,
    KmsKeyId: kmsKeyId,
    SecretBinary: secretBinary,
    SecretString: secretString,
  },
  DeleteSecret: { SecretId: secretId, RecoveryWindowInDays: { type: 'number' }, ForceDeleteWithoutRecovery: flag },
  DescribeSecret: { SecretId: secretId },
  GetRandomPassword: {
    PasswordLength: { type: 'number', min: 1, max: 4096 },
    ExcludeCharacters: { type: 'string', max: 4096 },
    ExcludeNumbers: flag,
    ExcludePunctuation: flag,
    ExcludeUppercase: flag,
    ExcludeLowercase: flag,
    IncludeSpace: flag,
    RequireEachIncludedType: flag,
  },
  GetSecretValue: { SecretId: secretId, VersionId: versionId, VersionStage: stage },
  ListSecretVersionIds: {
    SecretId: secretId,
    MaxResults: { type: 'number', min: 1, max: 100 },
    NextToken: { type: 'string', min: 1, max: 4096 },
    IncludeDeprecated: flag,
  },
  PutSecretValue: {
    SecretId: secretId,
    ClientRequestToken: token,
    SecretBinary: secretBinary,
    SecretString: secretString,
    VersionStages: { type: 'strings', min: 1, max: 20 },
    RotationToken: { type: 'string', min: 36, max: 256, pattern: /^[a-zA-Z0-9-]+$/ },
  },
  RestoreSecret: { SecretId: secretId },
  RotateSecret: {
    SecretId: secretId,
    ClientRequestToken: token,
    RotationLambdaARN: { type: 'string', max: 2048 },
    RotationRules: rotationRules,
    RotateImmediately: flag,
  },
  UpdateSecret: {
    SecretId: secretId,
    ClientRequestToken: token,
    Description: description,
    KmsKeyId: kmsKeyId,
    SecretBinary: secretBinary,
    SecretString: secretString,
  },
  UpdateSecretVersionStage: {
    SecretId: secretId,
    VersionStage: { ...stage, required: true },
    RemoveFromVersionId: versionId,
    MoveToVersionId: versionId,
  },
};

const NAME = /^[A-Za-z0-9/_+=.@!-]+$/;
const ARN = /^arn:[A-Za-z0-9/_+=.@!:-]+$/;

/**
 * Checks the request against the service model, and returns it without undefined members.
 *
 * @throws ServiceError with the member, and without its value.
 */
export function checkRequest<O extends Operation>(operation: O, input: unknown): Inputs[O] {
  const request = checkStructure(REQUESTS[operation] as Record<string, Member>, input, '');
  for (const member of ['SecretId', 'Name']) {
    const text = request[member];
    if (typeof text === 'string' && !NAME.test(text) && !(member === 'SecretId' && ARN.test(text))) {
      throw validation('Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!');
    }
  }
  checkToken(operation, request);
  return request as unknown as Inputs[O];
}

function checkStructure(members: Readonly<Record<string, Member>>, input: unknown, path: string): Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw serialization(`${path === '' ? 'The request' : path.slice(0, -1)} must be a structure`);
  }
  const checked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    const member = Object.hasOwn(members, key) ? members[key] : undefined;
    if (!member) { throw serialization(`${path}${key} is not a member of this request`); }
    // The SDK leaves null and undefined out of the request.
    if (value === undefined || value === null) { continue; }
    checked[key] = checkMember(member, value, `${path}${key}`);
  }
  for (const [key, member] of Object.entries(members)) {
    if (member.required && checked[key] === undefined) {
      throw constraint(`${path}${key}`, 'Member must not be null', 'Value null');
    }
  }
  return checked;
}

function checkMember(member: Member, value: unknown, path: string): unknown {
  if (member.type === 'structure') { return checkStructure(member.members!, value, `${path}.`); }
  if (!hasType(member.type, value)) { throw serialization(`${path} must be of the type ${member.type}`); }
  const size = sizeOf(value);
  const noun = typeof value === 'number' ? 'value' : 'length';
  if (member.min !== undefined && size < member.min) {
    throw constraint(path, `Member must have ${noun} greater than or equal to ${member.min}`);
  }
  if (member.max !== undefined && size > member.max) {
    throw constraint(path, `Member must have ${noun} less than or equal to ${member.max}`);
  }
  if (member.pattern && !member.pattern.test(value as string)) {
    throw constraint(path, `Member must satisfy regular expression pattern: ${member.pattern.source}`);
  }
  if (member.type === 'strings') {
    for (const item of value as string[]) { checkMember(stage, item, path); }
    return [...value as string[]];
  }
  return value;
}

function hasType(type: Member['type'], value: unknown): boolean {
  switch (type) {
    case 'blob': return value instanceof Uint8Array;
    case 'strings': return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'number': return Number.isInteger(value);
    default: return typeof value === type;
  }
}

/** The limit of a value is in bytes. For names and labels, which are ASCII in practice, that is the same. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') { return Buffer.byteLength(value); }
  if (value instanceof Uint8Array || Array.isArray(value)) { return value.length; }
  return typeof value === 'number' ? value : 0;
}

function constraint(path: string, rule: string, subject = 'Value'): ServiceError {
  const wireName = path.replace(/(^|\.)([A-Z])/g, (_, dot: string, letter: string) => dot + letter.toLowerCase());
  return validation(`1 validation error detected: ${subject} at '${wireName}' failed to satisfy constraint: ${rule}`);
}

/** The SDK makes a token if none is given, so a request without one is a raw request. */
function checkToken(operation: Operation, request: Record<string, unknown>): void {
  if (!Object.hasOwn(REQUESTS[operation], 'ClientRequestToken')) { return; }
  const given = request.ClientRequestToken;
  if (given === undefined) {
    const message = 'You must provide a ClientRequestToken value. We recommend a UUID-type value.';
    throw operation === 'RotateSecret' ? invalidParameter(message) : invalidRequest(message);
  }
  const length = (given as string).length;
  if (length < 32 || length > 64) { throw invalidParameter('ClientRequestToken must be 32-64 characters long.'); }
}
