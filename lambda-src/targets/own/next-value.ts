import { isDeepStrictEqual } from 'node:util';
import { SecretValueError } from '../../rotation/errors';

const REPLY_FIELDS = ['status', 'reason', 'retryAfterMillis'];

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Also for an object of another realm, such as that of fetch in a test runner. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) { return false; }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What is wrong with the stored value of createSecret. Undefined if nothing is. It names keys, and has no other part of the values. */
export function findNextProblem(next: string, current: string): string | undefined {
  const [made, old] = [parse(next), parse(current)];
  if (isDeepStrictEqual(made, old)) { return 'is the current value again, maybe in another order or with other white space, so nothing would be rotated'; }
  if (!isPlainObject(old)) { return undefined; }
  if (!isPlainObject(made)) { return 'is not a JSON object, and the current value is one'; }
  const lost = Object.keys(old).filter((key) => !Object.hasOwn(made, key)).map((key) => `"${key}"`);
  return lost.length === 0 ? undefined : `lacks ${lost.length === 1 ? 'a key' : 'keys'} of the current value: ${lost.join(', ')}`;
}

/** @throws SecretValueError if a stored value can't follow the current one. Its version can't get another value */
export function checkNext(next: string, current: string, versionId: string): void {
  const problem = findNextProblem(next, current);
  if (problem === undefined) { return; }
  throw new SecretValueError(`The value of version ${versionId}, which is to become the current one, ${problem}. Make createSecret store a new value, with all keys of the `
    + `current one; then remove AWSPENDING with UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${versionId}) and rotate again`);
}

/** Whether createSecret returned a reply and not a value. If the current value has a status, an object with a status is a value. */
export function isReply(made: unknown, current: string): boolean {
  if (!isPlainObject(made) || !Object.keys(made).every((key) => REPLY_FIELDS.includes(key))) { return false; }
  const old = parse(current);
  return ['done', 'notYet', 'failed'].includes(made.status as string) && !(isPlainObject(old) && Object.hasOwn(old, 'status'));
}

/** What is wrong with the result of createSecret. Undefined if it is a string or a plain object that JSON can represent. */
export function findReturnProblem(made: unknown): string | undefined {
  if (made === undefined || made === '') { return 'no value'; }
  if (typeof made === 'string') { return undefined; }
  if (!isPlainObject(made)) { return `no value, but ${nameOf(made)}`; }
  return findMemberProblem(made, '', []);
}

function findMemberProblem(value: unknown, path: string, above: readonly unknown[]): string | undefined {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) { return undefined; }
  if (!Array.isArray(value) && !isPlainObject(value)) { return `an object that has ${nameOf(value)} at ${path}`; }
  if (above.includes(value)) { return `an object that is in itself at ${path}`; }
  for (const [key, member] of Object.entries(value)) {
    const problem = findMemberProblem(member, path === '' ? key : `${path}.${key}`, [...above, value]);
    if (problem !== undefined) { return problem; }
  }
  return undefined;
}

/** The name of a type of value that is returned by mistake. */
function nameOf(value: unknown): string {
  if (value === null) { return 'null'; }
  if (Array.isArray(value)) { return 'an array'; }
  if (typeof value === 'number') { return Number.isFinite(value) ? 'a number' : 'a number that JSON does not know'; }
  if (typeof value !== 'object') { return `a ${typeof value}`; }
  if (typeof (value as { then?: unknown }).then === 'function') { return 'a promise that was not awaited'; }
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && /^[A-Z]\w{0,40}$/.test(name) ? `an object of the class ${name}` : 'an object of a class';
}
