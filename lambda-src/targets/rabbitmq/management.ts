import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { untrusted } from './amqp';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, ConnectivityError, RotationError, TargetRefusedError } from '../../rotation/errors';
import { isTlsError } from '../../rotation/service-errors';
import { connectTimeout, superuserRefused, type ServerLogin } from '../server-login';

/** A login to the management API. */
export interface ManagementLogin extends ServerLogin {
  readonly managementPort: number;
}

/** A user, as the API shows and takes it. */
export interface RabbitMqUser {
  readonly passwordHash: string;
  readonly hashingAlgorithm: string;
  readonly tags: readonly string[];
}

export interface Permission {
  readonly vhost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

export interface TopicPermission {
  readonly vhost: string;
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}

export type UserLimits = Readonly<Record<string, number>>;

interface ApiReply {
  readonly status: number;
  readonly body: unknown;
}

/** One call of the management API. */
export type CallApi = (
  login: ManagementLogin, certificateAuthority: string | undefined, deadline: Deadline, method: string, path: string, body?: object,
) => Promise<ApiReply>;

/** In bytes, more than the permissions of a user on ten thousand virtual hosts. */
const MAX_REPLY = 4_194_304;

/** A connection for each call, so that a retry never meets a connection that the server has closed. */
export const callApi: CallApi = (login, certificateAuthority, deadline, method, path, body) => {
  deadline.signal.throwIfAborted();
  const { host, managementPort: port, username, password } = login;
  const data = body && JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host,
      port,
      method,
      path: `/api/${path}`,
      agent: false,
      servername: isIP(host) ? '' : host,
      ca: certificateAuthority,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        ...data !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) },
      },
    });
    const abort = () => { request.destroy(deadline.signal.reason as RotationError); };
    const timer = setTimeout(() => { request.destroy(unreachable(' (ETIMEDOUT)')); }, connectTimeout(deadline));
    deadline.signal.addEventListener('abort', abort);
    const end = () => {
      clearTimeout(timer);
      deadline.signal.removeEventListener('abort', abort);
    };
    const fail = (error: NodeJS.ErrnoException) => {
      end();
      reject(error instanceof RotationError ? error : isTlsError(error.code ?? '') ? untrusted(error.code!) : unreachable(/^[A-Z0-9_]{1,64}$/.test(error.code ?? '') ? ` (${error.code})` : ''));
    };
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('aborted', () => fail(unreachable(' (ECONNRESET)')));
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_REPLY) { request.destroy(foreign(method)); }
        chunks.push(chunk);
      });
      response.on('end', () => {
        end();
        const text = Buffer.concat(chunks).toString();
        try {
          resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) });
        } catch {
          resolve({ status: response.statusCode ?? 0, body: undefined });
        }
      });
    });
    request.end(data);
  });
};

/** The users of a server, as its administrator may read and change them. */
export class Management {
  constructor(
    private readonly call: CallApi, private readonly login: ManagementLogin, private readonly superuserSecretArn: string,
    private readonly certificateAuthority: string | undefined, private readonly deadline: Deadline,
  ) {}

  /** Undefined if there is no such user. */
  public async user(name: string): Promise<RabbitMqUser | undefined> {
    const body = await this.find(`users/${segment(name)}`);
    if (body === undefined) { return undefined; }
    const { password_hash: passwordHash, hashing_algorithm: hashingAlgorithm, tags } = body as Record<string, unknown>;
    // Versions before 3.9 show the tags as one text.
    const list = typeof tags === 'string' ? tags.split(',').filter((tag) => tag !== '') : tags;
    if (typeof passwordHash !== 'string' || typeof hashingAlgorithm !== 'string' || !isTexts(list)) { throw foreign('GET'); }
    return { passwordHash, hashingAlgorithm, tags: list };
  }

  /** Creates the user, or replaces its password and tags. Its permissions and limits stay. */
  public putUser(name: string, { passwordHash, hashingAlgorithm, tags }: RabbitMqUser): Promise<void> {
    return this.change('PUT', `users/${segment(name)}`, { password_hash: passwordHash, hashing_algorithm: hashingAlgorithm, tags: tags.join(',') });
  }

  public async permissions(name: string): Promise<Permission[]> {
    return this.list(`users/${segment(name)}/permissions`, ['vhost', 'configure', 'write', 'read']) as unknown as Promise<Permission[]>;
  }

  public putPermission(name: string, { vhost, configure, write, read }: Permission): Promise<void> {
    return this.change('PUT', `permissions/${segment(vhost)}/${segment(name)}`, { configure, write, read });
  }

  public deletePermission(name: string, vhost: string): Promise<void> {
    return this.change('DELETE', `permissions/${segment(vhost)}/${segment(name)}`);
  }

  public async topicPermissions(name: string): Promise<TopicPermission[]> {
    return this.list(`users/${segment(name)}/topic-permissions`, ['vhost', 'exchange', 'write', 'read']) as unknown as Promise<TopicPermission[]>;
  }

  public putTopicPermission(name: string, { vhost, exchange, write, read }: TopicPermission): Promise<void> {
    return this.change('PUT', `topic-permissions/${segment(vhost)}/${segment(name)}`, { exchange, write, read });
  }

  /** Those for all exchanges of the virtual host. */
  public deleteTopicPermissions(name: string, vhost: string): Promise<void> {
    return this.change('DELETE', `topic-permissions/${segment(vhost)}/${segment(name)}`);
  }

  public async limits(name: string): Promise<UserLimits> {
    const body = await this.find(`user-limits/${segment(name)}`) ?? [];
    if (!Array.isArray(body)) { throw foreign('GET'); }
    const limits: Record<string, number> = {};
    for (const { value } of body as { value?: Record<string, number> }[]) { Object.assign(limits, value); }
    return limits;
  }

  public putLimit(name: string, limit: string, value: number): Promise<void> {
    return this.change('PUT', `user-limits/${segment(name)}/${segment(limit)}`, { value });
  }

  public deleteLimit(name: string, limit: string): Promise<void> {
    return this.change('DELETE', `user-limits/${segment(name)}/${segment(limit)}`);
  }

  private async list(path: string, fields: readonly string[]): Promise<Record<string, string>[]> {
    const body = await this.find(path) ?? [];
    if (!Array.isArray(body) || !body.every((each: Record<string, unknown> | null) => each && fields.every((field) => typeof each[field] === 'string'))) { throw foreign('GET'); }
    return body as Record<string, string>[];
  }

  private async find(path: string): Promise<unknown> {
    const { status, body } = await this.call(this.login, this.certificateAuthority, this.deadline, 'GET', path);
    if (status === 404) {
      // A proxy may answer 404 too.
      if ((body as { error?: unknown } | undefined)?.error === undefined) { throw foreign('GET'); }
      return undefined;
    }
    this.check('GET', status, body);
    if (typeof body !== 'object' || body === null) { throw foreign('GET'); }
    return body;
  }

  private async change(method: 'PUT' | 'DELETE', path: string, body?: object): Promise<void> {
    const reply = await this.call(this.login, this.certificateAuthority, this.deadline, method, path, body);
    // Another copy of the function may have removed it.
    if (method === 'DELETE' && reply.status === 404) { return; }
    this.check(method, reply.status, reply.body);
  }

  private check(method: string, status: number, body: unknown): void {
    if (status >= 200 && status < 300) { return; }
    const { reason } = (body ?? {}) as { reason?: unknown };
    if (status === 401 || status === 403) {
      // The text of the reply isn't repeated.
      if (typeof reason === 'string' && /localhost/i.test(reason)) {
        throw new TargetRefusedError('The server lets the user of the superuser secret log in from its own host only, as it does with guest (loopback_users), so nothing was changed. Put another user with the tag '
          + 'administrator into the superuser secret', String(status));
      }
      if (typeof reason === 'string' && /management|administrator|not authori[sz]ed to/i.test(reason)) {
        throw new TargetRefusedError(`The server refused ${method} with ${status}. The user of the superuser secret needs the tag administrator: rabbitmqctl set_user_tags <superuser> administrator`, String(status));
      }
      throw new AuthenticationError(superuserRefused('The server', this.superuserSecretArn));
    }
    if (status >= 500 || status === 429) {
      throw new ConnectivityError(`The management API answered ${method} with the HTTP status ${status}, so it doesn't work now. See that all nodes of the cluster run. Secrets Manager retries the rotation`);
    }
    if (status < 400) { throw foreign(method); }
    const isGone = status === 404 || reason === 'vhost_or_user_not_found' || (Array.isArray(reason) && reason[0] === 'no_such_user');
    throw new TargetRefusedError(`The server refused ${method} with the HTTP status ${status}. ${isGone ? 'A virtual host or a user was deleted meanwhile, or a plugin is missing. Secrets Manager retries the rotation'
      : 'Look for a rule for passwords or users, and read the log of the server'}`, String(status));
  }
}

/** A name in a path. Servers take the names . and .. for steps in the path, also if they are encoded. */
function segment(name: string): string {
  if (/^\.\.?$/.test(name)) {
    throw new TargetRefusedError('A virtual host has the name . or .., which the management API can\'t be asked for, so its permissions can\'t be copied. Rename it, or take the permissions of the user on it (rabbitmqctl '
      + 'clear_permissions)');
  }
  return encodeURIComponent(name);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function foreign(method: string): ConnectivityError {
  return new ConnectivityError(`The answer to ${method} is not one of the management API of RabbitMQ. See that the plugin rabbitmq_management is on, and that the key "managementPort" is its port for TLS`);
}

function unreachable(reason: string): ConnectivityError {
  return new ConnectivityError(`The management API can't be reached, or doesn't answer in time${reason}. See that the plugin rabbitmq_management is on, that the keys "host" and "managementPort" are right, that the function `
    + 'is in a VPC with a route to it, and that their security groups let the function in. Secrets Manager retries the rotation');
}
