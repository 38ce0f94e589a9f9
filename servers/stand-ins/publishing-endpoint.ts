import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example', AWS_SESSION_TOKEN: 'token' };
export const BUS = 'arn:aws:events:eu-west-1:111122223333:event-bus/rotations';
export const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:rotations';

/** A request that was signed with the credentials, for the region and the service. */
export interface Published {
  readonly service: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request in place of the service. It may also leave it without an answer. */
export type Answer = (response: ServerResponse) => void;

/** EventBridge and SNS with the wire format of PutEvents and Publish: a real server, which refuses wrong signatures. */
export class PublishingEndpoint {
  public static async start(): Promise<PublishingEndpoint> {
    const endpoint = new PublishingEndpoint();
    await new Promise<void>((resolve) => { endpoint.server.listen(0, '127.0.0.1', resolve); });
    return endpoint;
  }

  /** Every request, also refused ones. */
  public readonly requests: Published[] = [];
  /** The answers to the next requests, one each. After that, the service accepts them. */
  public readonly answers: Answer[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const service = findSignedService(request.method!, request.url!, request.headers, body);
        if (service === undefined) { return refuse(403, '{"__type":"InvalidSignatureException"}')(response); }
        this.requests.push({ service, headers: request.headers, body });
        const answer = this.answers.shift() ?? (service === 'events' ? takeEvent : takeMessage);
        return answer(response);
      });
    });
  }

  public get url(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  /** The events that were published to a bus. */
  public get entries(): Record<string, any>[] {
    return this.requests.filter(({ service }) => service === 'events').flatMap(({ body }) => (JSON.parse(body) as { Entries: Record<string, unknown>[] }).Entries);
  }

  /** The messages that were published to a topic. */
  public get messages(): Record<string, string>[] {
    return this.requests.filter(({ service }) => service === 'sns').map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}

const takeEvent: Answer = (response) => { response.end('{"FailedEntryCount":0,"Entries":[{"EventId":"11111111-2222-4333-8444-555555555555"}]}'); };
const takeMessage: Answer = (response) => { response.end('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>'); };

export function refuse(status: number, body: string): Answer {
  return (response) => {
    response.statusCode = status;
    response.end(body);
  };
}

/** The call succeeds, and the bus refuses the event. */
export function failEntry(code: string): Answer {
  return refuse(200, JSON.stringify({ FailedEntryCount: 1, Entries: [{ ErrorCode: code, ErrorMessage: 'p4ssw0rd' }] }));
}

/** The service that a request is signed for with the credentials. Undefined if the signature is wrong. */
function findSignedService(method: string, path: string, headers: IncomingHttpHeaders, body: string): string | undefined {
  const secretOf = (keyId: string) => keyId === CREDENTIALS.AWS_ACCESS_KEY_ID ? CREDENTIALS.AWS_SECRET_ACCESS_KEY : undefined;
  const signed = findSigned({ method, path, headers, body }, secretOf);
  const isOurs = signed?.region === 'eu-west-1' && signed.signedHeaders.includes('x-amz-security-token') && headers['x-amz-security-token'] === CREDENTIALS.AWS_SESSION_TOKEN;
  return isOurs ? signed.service : undefined;
}

/** The scope in a request's signature. */
export interface Signed {
  readonly keyId: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * The scope of a request without a query. Undefined if the signature is wrong.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function findSigned({ method, path, headers, body }: SignedRequest, secretOf: (keyId: string) => string | undefined): Signed | undefined {
  const parts = /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/(\w+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w+)$/.exec(headers.authorization ?? '');
  if (!parts) { return undefined; }
  const [, keyId, date, region, service, signedHeaders, signature] = parts;
  const keySecret = secretOf(keyId);
  if (keySecret === undefined || ['host', 'x-amz-date'].some((name) => !signedHeaders.split(';').includes(name))) { return undefined; }
  const time = String(headers['x-amz-date']);
  if (!time.startsWith(date) || Math.abs(Date.now() - parseTime(time)) > 300_000) { return undefined; }
  const canonicalHeaders = signedHeaders.split(';').map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}\n`).join('');
  const canonical = [method, path, '', canonicalHeaders, signedHeaders, hash(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${keySecret}`);
  return hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')).toString('hex') === signature ? { keyId, region, service, signedHeaders: signedHeaders.split(';') } : undefined;
}

function parseTime(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
