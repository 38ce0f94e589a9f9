import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Everything that a signature covers. */
export interface Unsigned {
  readonly method: string;
  readonly url: URL;
  /** The names are in lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The signer of a request, and the scope of the signature. */
export interface Scope {
  readonly credentials: Credentials;
  /** The name of the service in signatures. */
  readonly service: string;
  readonly region: string;
  readonly date: Date;
}

/** A proxy may change these headers. SDKs don't sign them either. */
const UNSIGNED = new Set(['cache-control', 'connection', 'user-agent']);

/**
 * The headers of a request, with its signature. S3 signs the path unchanged, and every other service signs it encoded once more.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function sign({ method, url, headers, body }: Unsigned, { credentials, service, region, date }: Scope): Record<string, string> {
  const time = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const bodyHash = hash(body);
  const all: Record<string, string> = {
    ...headers,
    'host': url.host,
    'x-amz-date': time,
    ...credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken },
    ...service === 's3' ? { 'x-amz-content-sha256': bodyHash } : {},
  };
  const names = Object.keys(all).filter((name) => !UNSIGNED.has(name)).sort();
  const request = [
    method,
    service === 's3' ? url.pathname : url.pathname.split('/').map(encode).join('/'),
    [...url.searchParams].map((pair) => pair.map(encode).join('=')).sort().join('&'),
    ...names.map((name) => `${name}:${all[name].trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = scope.split('/').reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash(request)].join('\n')).toString('hex');
  return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}

/** Encodes as RFC 3986 requires, which leaves fewer characters than JavaScript does. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
