import { SecretValueError } from './errors';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
export const MAX_VALUE_BYTES = 65_536;

/** The position of the value of one key in a JSON text. */
interface Member {
  readonly start: number;
  readonly end: number;
}

// Strings and structure. In valid JSON, everything between them is a number, a literal or white space.
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is a JSON object. */
export function isJsonObject(text: string): boolean {
  return isObject(parse(text));
}

/** The format of a text that can't be a password. Undefined if it may be one. */
export function findFormat(given: string): string | undefined {
  // Without white space and a byte order mark.
  const text = given.trim();
  const parsed = parse(text);
  if (isObject(parsed)) { return 'a JSON object'; }
  if (Array.isArray(parsed)) { return 'a JSON array'; }
  if (text.startsWith('-----BEGIN ')) { return 'a PEM text, such as a key or a certificate'; }
  // Text from a file may end with a line break.
  return /[\r\n]/.test(text) ? 'a text of several lines' : undefined;
}

/** @throws SecretValueError if the next password can't follow the current one */
export function mustBeNextPassword(next: string, current: string, versionId: string): void {
  if (next !== '' && next !== current) { return; }
  throw new SecretValueError(`The password in version ${versionId}, which has the staging label AWSPENDING, is ${next === '' ? 'empty' : 'the current one, so no password would be rotated'}. `
    + `Remove AWSPENDING with UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${versionId}) and rotate again`);
}

/** The positions of the values of a key in a JSON object. More than one, if the key is there more than once. */
function membersAt(text: string, key: string): Member[] {
  const members: Member[] = [];
  let depth = 0;
  let name: string | undefined;
  let start: number | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (depth === 1 && (token === ',' || token === '}')) {
      if (name === key && start !== undefined) { members.push({ start, end: index }); }
      name = start = undefined;
    } else if (depth === 1 && token === ':') {
      start = index + 1;
    } else if (depth === 1 && token.startsWith('"') && start === undefined) {
      name = JSON.parse(token) as string;
    }
    if (token === '{' || token === '[') { depth++; }
    if (token === '}' || token === ']') { depth--; }
  }
  return members.map((member) => trimmed(text, member));
}

function trimmed(text: string, { start, end }: Member): Member {
  const raw = text.slice(start, end);
  const spaceBefore = raw.length - raw.trimStart().length;
  return { start: start + spaceBefore, end: start + spaceBefore + raw.trim().length };
}

function locate(text: string, key: string): Member {
  // The error of JSON.parse quotes the text, so it isn't passed on.
  if (!isJsonObject(text)) {
    throw new SecretValueError(`The value of the secret is not a JSON object, so its key ${JSON.stringify(key)} can't be rotated. `
      + 'Make it one, or leave out generateStringKey to rotate the whole string');
  }
  const members = membersAt(text, key);
  if (members.length !== 1) {
    throw new SecretValueError(`The value of the secret has the key ${JSON.stringify(key)} ${members.length === 0 ? 'not at all' : 'more than once'}. `
      + 'It needs it once, with a string');
  }
  const [member] = members;
  if (text[member.start] !== '"') {
    throw new SecretValueError(`The key ${JSON.stringify(key)} in the value of the secret is not a string. Make it one`);
  }
  return member;
}

/**
 * The string at a key of a JSON object.
 *
 * @throws SecretValueError if the text isn't a JSON object, or doesn't have the key exactly once, with a string.
 */
export function readKey(text: string, key: string): string {
  const { start, end } = locate(text, key);
  return JSON.parse(text.slice(start, end)) as string;
}

/** The text with another string at the key. Every other byte stays the same. */
export function replaceKey(text: string, key: string, value: string): string {
  const { start, end } = locate(text, key);
  return text.slice(0, start) + JSON.stringify(value) + text.slice(end);
}

/** The bytes of JSON that a string at the key may take. */
export function roomAt(text: string, key: string): number {
  return MAX_VALUE_BYTES - Buffer.byteLength(replaceKey(text, key, ''));
}

/** Whether two texts differ in nothing but the string at the key. */
export function equalButForKey(one: string, other: string, key: string): boolean {
  return replaceKey(one, key, '') === replaceKey(other, key, '');
}

/**
 * A JSON object with another value at a key. A missing key is added at the end. Every other byte stays the same.
 *
 * @param json the value, as JSON
 * @throws SecretValueError if the text isn't a JSON object, or has the key more than once
 */
export function putMember(text: string, key: string, json: string): string {
  if (!isJsonObject(text)) { throw new SecretValueError('The value of the secret is not a JSON object. Make it one'); }
  const members = membersAt(text, key);
  if (members.length > 1) { throw new SecretValueError(`The value of the secret has the key ${JSON.stringify(key)} more than once. Leave one of them`); }
  if (members.length === 1) { return text.slice(0, members[0].start) + json + text.slice(members[0].end); }
  const before = text.slice(0, text.lastIndexOf('}')).trimEnd();
  return `${before}${before.endsWith('{') ? '' : ','}${JSON.stringify(key)}:${json}${text.slice(before.length)}`;
}
