import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from '../../lambda-src/aws/answer';
import type { SignedCall } from '../../lambda-src/aws/signed-call';

export interface S3Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

interface StoredObject {
  readonly body: string;
  readonly etag: string;
  readonly writtenAt: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** One state of an object, and its end. */
interface Past {
  readonly body: string;
  until: number;
}

const error = (status: number, code: string): Answer => ({ status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as S3 says</Message></Error>` });

const SIGNATURE = /^AWS4-HMAC-SHA256 Credential=\w+\/\d{8}\/[\w-]+\/s3\/aws4_request, SignedHeaders=\S*host;\S*x-amz-content-sha256;x-amz-date/;

/** The headers of a PUT that a GET returns. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'x-amz-meta-secret'];

/**
 * As strict as S3 for one bucket: conditional writes by the MD5 of the body, as with SSE-S3, the hash of the body, and a missing object that may
 * look like a forbidden one.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export class FakeS3 {
  public now = Date.parse('2026-01-01T00:00:00Z');
  /** Whether the reader may list the bucket, and so sees that an object is missing. */
  public mayList = false;
  public readonly requests: S3Request[] = [];
  /** Replaces the next answers. */
  public readonly answers: Answer[] = [];
  public readonly past: Past[] = [];
  private readonly objects = new Map<string, StoredObject>();

  constructor(private readonly bucket: string) {}

  public object(key: string): StoredObject | undefined { return this.objects.get(`/${this.bucket}/${key}`); }

  public remove(key: string): void { this.objects.delete(`/${this.bucket}/${key}`); }

  public put(key: string, body: string, headers: Readonly<Record<string, string>> = {}): void { this.store(`/${this.bucket}/${key}`, body, headers); }

  /** Sets the headers of an object, as if it had been written with them. */
  public label(key: string, headers: Readonly<Record<string, string>>): void {
    const path = `/${this.bucket}/${key}`;
    this.objects.set(path, { ...this.objects.get(path)!, headers });
  }

  /** In the process of the handler. */
  public readonly call: SignedCall = async ({ method = 'POST', path = '/', headers, body }) => this.answer({ method, path, headers, body: String(body) });

  public answer(request: S3Request): Answer {
    this.requests.push(request);
    const { method, path, headers, body } = request;
    const given = this.answers.shift();
    if (given) { return given; }
    if (!path.startsWith(`/${this.bucket}/`)) { return error(404, 'NoSuchBucket'); }
    const found = this.objects.get(path);
    if (method === 'GET') {
      if (!found) { return this.mayList ? error(404, 'NoSuchKey') : error(403, 'AccessDenied'); }
      return {
        status: 200,
        body: found.body,
        headers: { ...found.headers, 'etag': found.etag, 'date': new Date(this.now).toUTCString(), 'last-modified': new Date(found.writtenAt).toUTCString() },
      };
    }
    if (method !== 'PUT') { return error(405, 'MethodNotAllowed'); }
    if (headers['if-none-match'] === '*' && found) { return error(412, 'PreconditionFailed'); }
    const tag = headers['if-match'];
    if (tag !== undefined && !found) { return error(404, 'NoSuchKey'); }
    if (tag !== undefined && tag !== found!.etag) { return error(412, 'PreconditionFailed'); }
    this.store(path, body, Object.fromEntries(KEPT_HEADERS.flatMap((name) => headers[name] === undefined ? [] : [[name, headers[name]]])));
    return { status: 200, body: '', headers: { etag: this.objects.get(path)!.etag } };
  }

  /** All states of an object within a time, oldest first. A reader may have cached any of them. */
  public cachedFor(key: string, milliseconds: number): string[] {
    const now = this.object(key);
    return [...this.past.filter(({ until }) => until > this.now - milliseconds).map(({ body }) => body), ...now ? [now.body] : []];
  }

  private store(path: string, body: string, headers: Readonly<Record<string, string>>): void {
    const before = this.objects.get(path);
    if (before) { this.past.push({ body: before.body, until: this.now }); }
    this.objects.set(path, { body, headers, etag: `"${createHash('md5').update(body).digest('hex')}"`, writtenAt: this.now });
  }
}

/** The same, over HTTP, with a public bucket. Refuses wrong signatures like S3. */
export class FakeS3Server {
  public static async start(s3: FakeS3): Promise<FakeS3Server> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const headers = request.headers as Record<string, string>;
        const isPublic = request.method === 'GET' && headers.authorization === undefined;
        const isSigned = headers['x-amz-content-sha256'] === createHash('sha256').update(body).digest('hex')
          && SIGNATURE.test(headers.authorization ?? '');
        const mayAnswer = isPublic || isSigned;
        const { status, body: text, headers: answered } = mayAnswer ? s3.answer({ method: request.method!, path: request.url!, headers, body })
          : error(403, 'SignatureDoesNotMatch');
        response.writeHead(status, { ...answered }).end(text);
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return new FakeS3Server(server);
  }

  private constructor(private readonly server: Server) {}

  public get url(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => { this.server.close(() => resolve()); });
  }
}
