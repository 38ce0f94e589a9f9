import { createHash } from 'node:crypto';
import type { RotationContext, SecretVersion } from 'cdk-rotating-secret/rotation';

interface Value {
  readonly client: string;
  readonly apiKey: string;
}

type Version = SecretVersion<Value>;
type Context = RotationContext<Value>;

/** Adds the new key next to the current one. The API also succeeds if it has the key already. */
export async function setSecret({ pending, current, signal }: Context): Promise<void> {
  await call('PUT', `/keys/${idOf(pending)}`, current, signal);
}

export async function testSecret({ pending, signal }: Context): Promise<void> {
  const { client } = await (await call('GET', '/whoami', pending, signal)).json() as { client: string };
  if (client !== pending.value.client) { throw new Error(`The key is one of ${client}`); }
}

/**
 * Revokes every key that is older than the new one, except the current one, which readers may use until the next rotation. That revokes the
 * previous key, and keys of abandoned rotations. A younger key stays: a later rotation added it.
 */
export async function finishSecret({ pending, current, signal }: Context): Promise<void> {
  const { keys } = await (await call('GET', '/keys', pending, signal)).json() as { keys: string[] };
  const newest = keys.indexOf(idOf(pending));
  for (const id of keys.filter((each, index) => index < newest && each !== idOf(current))) {
    await call('DELETE', `/keys/${id}`, pending, signal);
  }
}

/** The API's id of a key, so that no key is in a URL. */
function idOf({ value }: Version): string {
  return createHash('sha256').update(value.apiKey).digest('hex');
}

/** @param as the version whose key authorizes the request */
async function call(method: string, path: string, as: Version, signal: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${as.value.apiKey}` };
  const response = await fetch(`${process.env.KEY_API_URL}${path}`, { method, headers, signal });
  if (!response.ok) { throw new Error(`The API answered ${method} ${path} with ${response.status}`); }
  return response;
}
