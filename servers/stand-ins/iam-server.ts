import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IssuingServer } from './issuing-server';
import { CREDENTIALS, findSigned } from './publishing-endpoint';

const USER_NAME = 'app';
export const USER_ARN = `arn:aws:iam::111122223333:user/some/path/${USER_NAME}`;

/** A request with a valid signature. */
export interface Asked {
  readonly action: string;
  readonly keyId: string;
  readonly region: string;
  /** The port of the client, which distinguishes connections. */
  readonly port?: number;
}

/**
 * IAM and AWS STS over HTTP, for one user: strict about signatures, with at most two keys. STS doesn't accept a new key at once, and never
 * accepts a deleted one.
 */
export class IamServer {
  public static async start(keys: IssuingServer): Promise<IamServer> {
    const server = new IamServer(keys);
    await new Promise<void>((resolve) => { server.http.listen(0, '127.0.0.1', resolve); });
    return server;
  }

  public readonly asked: Asked[] = [];
  private readonly secrets = new Map<string, string>();
  private readonly http: Server;

  private constructor(private readonly keys: IssuingServer) {
    this.http = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const secretOf = (id: string) => id === CREDENTIALS.AWS_ACCESS_KEY_ID ? CREDENTIALS.AWS_SECRET_ACCESS_KEY : this.secrets.get(id);
        const signed = findSigned({ method: request.method!, path: request.url!, headers: request.headers, body }, secretOf);
        const [status, answer] = signed ? this.answer({ ...signed, port: request.socket.remotePort }, Object.fromEntries(new URLSearchParams(body))) : refusal(403, 'SignatureDoesNotMatch');
        response.writeHead(status, { 'content-type': 'text/xml' });
        response.end(answer);
      });
    });
  }

  public get url(): string { return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`; }

  public async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => { this.http.close(resolve); });
  }

  private answer({ service, keyId, region, port }: Omit<Asked, 'action'> & { service: string }, form: Record<string, string>): [number, string] {
    const { Action: action, UserName: userName, AccessKeyId: id } = form;
    this.asked.push({ action, keyId, region, port });
    if (service === 'sts' && action === 'GetCallerIdentity' && form.Version === '2011-06-15') {
      return this.keys.use({ id: keyId, secret: this.secrets.get(keyId)! }) ? result(action, `<Arn>${USER_ARN}</Arn>`) : refusal(403, 'InvalidClientTokenId');
    }
    if (service !== 'iam' || form.Version !== '2010-05-08' || keyId !== CREDENTIALS.AWS_ACCESS_KEY_ID) { return refusal(403, 'AccessDenied'); }
    if (userName !== USER_NAME && action !== 'GetAccessKeyLastUsed') { return refusal(404, 'NoSuchEntity'); }
    switch (action) {
      case 'ListAccessKeys': {
        const members = this.keys.list().map((key) => `<member>\n<AccessKeyId>${key.id}</AccessKeyId>\n<CreateDate>${new Date(key.issuedAt).toISOString()}</CreateDate>\n</member>`);
        return result(action, `<AccessKeyMetadata>${members.join('\n')}</AccessKeyMetadata>`);
      }
      case 'CreateAccessKey': {
        const key = this.keys.issue();
        if (!key) { return refusal(409, 'LimitExceeded'); }
        this.secrets.set(key.id, key.secret);
        return result(action, `<AccessKey><AccessKeyId>${key.id}</AccessKeyId><SecretAccessKey>${key.secret}</SecretAccessKey></AccessKey>`);
      }
      case 'GetAccessKeyLastUsed': return result(action, lastUsed(this.keys, id));
      case 'DeleteAccessKey': return this.keys.revoke(id) ? [200, '<DeleteAccessKeyResponse/>'] : refusal(404, 'NoSuchEntity');
      default: return refusal(400, 'InvalidAction');
    }
  }
}

function result(action: string, content: string): [number, string] {
  return [200, `<${action}Response>\n  <${action}Result>\n${content}\n</${action}Result>\n</${action}Response>`];
}

function refusal(status: number, code: string): [number, string] {
  return [status, `<ErrorResponse><Error><Code>${code}</Code><Message>p4ssw0rd</Message></Error></ErrorResponse>`];
}

/** As IAM answers: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html */
export function lastUsed(server: IssuingServer, id: string): string {
  const [date, name] = server.wasUsed(id) ? ['<LastUsedDate>2026-11-25T01:02:03Z</LastUsedDate>', 's3'] : ['', 'N/A'];
  return `<UserName>${USER_NAME}</UserName><AccessKeyLastUsed>${date}<ServiceName>${name}</ServiceName><Region>${name}</Region></AccessKeyLastUsed>`;
}
