import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CREDENTIALS, findSigned } from './publishing-endpoint';
import type { CacheUserTargetId } from '../../src/targets/cache-user/contract';
import { hashOf, RedisProbe, type RedisServer } from '../redis/redis';

export const USER_ARNS: Readonly<Record<CacheUserTargetId, string>> = {
  'elasticache-user': 'arn:aws:elasticache:eu-west-1:111122223333:user:app-id',
  'memorydb-user': 'arn:aws:memorydb:eu-west-1:111122223333:user/app',
};

/** The user, as the service keeps it. */
export interface KeptUser {
  name: string;
  status: string;
  authentication: string;
  passwords: readonly string[];
}

/**
 * A stand-in for the API of ElastiCache or MemoryDB, over a real Valkey. It has one user, changes it later, and refuses what the service's documentation
 * says is refused: more than two passwords, passwords of a wrong length, and a change while another one is applied.
 */
export class CacheService {
  /** How many looks at the user a change takes until it is applied. */
  public looks = 2;
  public readonly user: KeptUser = { name: 'app', status: 'active', authentication: 'password', passwords: [] };
  public exists = true;
  public changes = 0;
  private applying?: Promise<void>;
  private pending?: { passwords: readonly string[]; looks: number };

  constructor(private readonly server: RedisServer, private readonly probe: RedisProbe) {}

  /** Before any rotation. */
  public async reset(...passwords: readonly string[]): Promise<void> {
    Object.assign(this.user, { name: 'app', status: 'active', authentication: 'password' });
    this.pending = undefined;
    this.changes = 0;
    await this.probe.letsIn(this.server.root);
    await this.apply(passwords, 'reset', 'on', '~*', '+get');
  }

  public accepts({ username, password }: { readonly username: string; readonly password: string }): Promise<boolean> {
    return this.probe.letsIn({ username, password });
  }

  /** Undefined if there is no user. */
  public async describe(): Promise<KeptUser | undefined> {
    if (this.pending && --this.pending.looks < 0) { this.applying = this.settle(); }
    await this.applying;
    return this.exists ? this.user : undefined;
  }

  /** Applies the change that was accepted last. */
  public async settle(): Promise<void> {
    const { passwords } = this.pending!;
    this.pending = undefined;
    await this.apply(passwords);
    this.user.status = 'active';
  }

  /** The name of the error, without the suffixes of a service. Undefined if the change was accepted. */
  public modify(passwords: readonly string[]): string | undefined {
    if (!this.exists) { return 'UserNotFound'; }
    if (this.user.status !== 'active') { return 'InvalidUserState'; }
    if (passwords.length < 1 || passwords.length > 2 || new Set(passwords).size < passwords.length) { return 'InvalidParameterValue'; }
    if (passwords.some((password) => !/^[\x21-\x7e]{16,128}$/.test(password))) { return 'InvalidParameterValue'; }
    if (this.user.authentication !== 'password') { return 'InvalidParameterCombination'; }
    this.changes++;
    this.user.status = 'modifying';
    this.pending = { passwords, looks: this.looks };
    return undefined;
  }

  private async apply(passwords: readonly string[], ...rules: readonly string[]): Promise<void> {
    await this.probe.letsIn(this.server.root);
    const answer = await this.probe.ask('ACL', 'SETUSER', 'app', ...rules, 'resetpass', ...passwords.map((password) => `#${hashOf(password)}`));
    if (answer !== '+OK') { throw new Error(`Valkey answered ${answer}`); }
    this.user.passwords = passwords;
  }
}

/** The wire protocols of both services, strict about signatures, for one user. */
export class CacheServiceEndpoint {
  public static async start(service: CacheService): Promise<CacheServiceEndpoint> {
    const endpoint = new CacheServiceEndpoint(service);
    await new Promise<void>((resolve) => { endpoint.http.listen(0, '127.0.0.1', resolve); });
    return endpoint;
  }

  /** The requests with a valid signature: the service that was signed for, the region and the operation. */
  public readonly asked: string[] = [];
  /** The answers to the next requests, in place of those of the service. */
  public readonly refusals: { readonly status: number; readonly name: string }[] = [];
  private readonly http: Server;

  constructor(private readonly service: CacheService) {
    this.http = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      request.on('end', async () => {
        const body = Buffer.concat(chunks).toString();
        const secretOf = (id: string) => id === CREDENTIALS.AWS_ACCESS_KEY_ID ? CREDENTIALS.AWS_SECRET_ACCESS_KEY : undefined;
        const signed = findSigned({ method: request.method!, path: request.url!, headers: request.headers, body }, secretOf);
        const target = String(request.headers['x-amz-target'] ?? '');
        const [status, answer] = signed ? await this.answer(signed.service, signed.region, target, body) : [403, '<Code>SignatureDoesNotMatch</Code>'];
        response.writeHead(status, { 'content-type': target ? 'application/x-amz-json-1.1' : 'text/xml' });
        response.end(answer);
      });
    });
  }

  public get url(): string { return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`; }

  public async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => { this.http.close(resolve); });
  }

  /** The status and the body for a request, also without HTTP. */
  public answer(service: string, region: string, target: string, body: string): Promise<[number, string]> {
    return service === 'elasticache' ? this.query(region, Object.fromEntries(new URLSearchParams(body))) : this.json(region, target, JSON.parse(body) as JsonRequest);
  }

  private async query(region: string, { Action: action, UserId: id, Version: version, ...form }: Record<string, string>): Promise<[number, string]> {
    this.asked.push(`elasticache ${region} ${action}`);
    const refuse = (status: number, code: string): [number, string] => [status, `<ErrorResponse><Error><Code>${code}</Code><Message>quotes ${Object.values(form).join(' ')}</Message></Error></ErrorResponse>`];
    const refusal = this.refusals.shift();
    if (refusal) { return refuse(refusal.status, refusal.name); }
    if (version !== '2015-02-02') { return refuse(400, 'InvalidAction'); }
    if (id !== 'app-id') { return refuse(404, 'UserNotFound'); }
    const xml = ({ name, status, authentication, passwords }: KeptUser) => `<UserId>app-id</UserId><UserName>${name.replace(/&/g, '&amp;')}</UserName><Status>${status}</Status><Engine>valkey</Engine><UserGroupIds/>`
      + `<Authentication><Type>${authentication}</Type><PasswordCount>${passwords.length}</PasswordCount></Authentication><ARN>${USER_ARNS['elasticache-user']}</ARN>`;
    if (action === 'DescribeUsers') {
      const user = await this.service.describe();
      return user ? [200, `<DescribeUsersResponse><DescribeUsersResult><Users><member>${xml(user)}</member></Users></DescribeUsersResult></DescribeUsersResponse>`] : refuse(404, 'UserNotFound');
    }
    if (action !== 'ModifyUser') { return refuse(400, 'InvalidAction'); }
    const names = Object.keys(form).sort();
    if (names.some((name, i) => name !== `Passwords.member.${i + 1}`)) { return refuse(400, 'InvalidParameterCombination'); }
    const error = this.service.modify(names.map((name) => form[name]));
    return error === undefined ? [200, `<ModifyUserResponse><ModifyUserResult>${xml(this.service.user)}</ModifyUserResult></ModifyUserResponse>`] : refuse(error === 'UserNotFound' ? 404 : 400, error);
  }

  private async json(region: string, target: string, { UserName: name, AuthenticationMode: mode }: JsonRequest): Promise<[number, string]> {
    this.asked.push(`memorydb ${region} ${target}`);
    const refuse = (status: number, type: string): [number, string] => [status, JSON.stringify({ __type: type, message: `quotes ${JSON.stringify(mode)}` })];
    const refusal = this.refusals.shift();
    if (refusal) { return refuse(refusal.status, refusal.name); }
    if (name !== 'app') { return refuse(400, 'UserNotFoundFault'); }
    const json = ({ status, authentication, passwords, name: Name }: KeptUser) => ({
      ARN: USER_ARNS['memorydb-user'], Name, Status: status, Authentication: { Type: authentication, PasswordCount: passwords.length }, ACLNames: [],
    });
    if (target === 'AmazonMemoryDB.DescribeUsers') {
      const user = await this.service.describe();
      return user ? [200, JSON.stringify({ Users: [json(user)] })] : refuse(400, 'UserNotFoundFault');
    }
    if (target !== 'AmazonMemoryDB.UpdateUser') { return refuse(400, 'UnknownOperationException'); }
    if (mode?.Type !== 'password') { return refuse(400, 'InvalidParameterCombinationException'); }
    const error = this.service.modify(mode.Passwords);
    if (error === undefined) { return [200, JSON.stringify({ User: json(this.service.user) })]; }
    return refuse(400, error.startsWith('InvalidParameter') ? `${error}Exception` : `${error}Fault`);
  }
}

interface JsonRequest {
  readonly UserName?: string;
  readonly AuthenticationMode?: { readonly Type: string; readonly Passwords: string[] };
}
