import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { isIP } from 'node:net';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { makeCertificate } from '../../tools/servers/certificates';
import { freePort } from '../../tools/servers/ports';
import type { Login, ServerTls } from '../../tools/servers/server';
import { giveToServer, makeFolder, ServerProcess } from '../../tools/servers/server-process';
import { installed, withOwnLibraries } from '../installation';

export type RedisProduct = 'redis-7' | 'valkey-8';

export interface RedisOptions {
  readonly product?: RedisProduct;
  /** @default 'good' */
  readonly tls?: ServerTls;
  /** Without one, a restart forgets changes of users. @default true */
  readonly aclFile?: boolean;
  /** @default 127.0.0.1 */
  readonly address?: string;
  /** @default - a free one */
  readonly port?: number;
  /** Whether clients need a certificate, as by default. @default false */
  readonly asksForCertificates?: boolean;
  /** Further lines of the configuration. */
  readonly settings?: readonly string[];
}

/** A server of its own. It ends with the process that started it. */
export interface RedisServer {
  readonly product: RedisProduct;
  readonly host: 'localhost';
  readonly address: string;
  readonly port: number;
  readonly ca: string;
  /** May do everything. */
  readonly root: Login;
  /** May do what docs/targets/redis.md asks for, and nothing else. */
  readonly superuser: Login;
  pause(): void;
  resume(): void;
  /** Ends the server at once, and keeps its files. */
  kill(): Promise<void>;
  /** After `kill`: the configuration has an ACL file instead of users. */
  giveAclFile(users: readonly string[]): void;
  /** After `kill`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What a client needs to know of a server. */
export interface Reached extends Pick<RedisServer, 'address' | 'port' | 'ca'> {
  /** The name in the certificate. @default 'localhost' */
  readonly host?: string;
}

const ROOT: Login = { username: 'root', password: 'root-of-the-tests' };
const SUPERUSER: Login = { username: 'superuser', password: 'superuser-of-the-tests' };
export const SUPERUSER_RIGHTS = '-@all +acl|setuser +acl|getuser +acl|save +acl|whoami';
const READY = /Ready to accept connections/;
const PORT_TAKEN = /Address already in use|Failed listening on port/;

export function hashOf(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

export async function startRedis({
  product = 'redis-7', tls: kind = 'good', aclFile = true, address = '127.0.0.1', port: wanted, asksForCertificates = false, settings = [],
}: RedisOptions = {}): Promise<RedisServer> {
  const folder = makeFolder();
  const data = path.join(folder, 'data');
  fs.mkdirSync(data, { mode: 0o700 });
  const server = new ServerProcess(folder, 'KILL');
  try {
    const certificate = await makeCertificate(path.join(folder, 'tls'), kind === 'none' ? 'good' : kind);
    const users = [
      'user default off resetpass -@all',
      `user ${ROOT.username} on #${hashOf(ROOT.password)} ~* &* +@all`,
      `user ${SUPERUSER.username} on #${hashOf(SUPERUSER.password)} ${SUPERUSER_RIGHTS}`,
    ];
    const command = [...withOwnLibraries(installed(product), `usr/bin/${product.replace(/-\d+$/, '')}-server`), path.join(folder, 'server.conf')];
    fs.writeFileSync(path.join(data, 'users.acl'), users.join('\n') + '\n');
    let port: number;
    do {
      port = wanted ?? await freePort();
      const lines = [
        `bind ${address}`,
        ...kind === 'none' ? [`port ${port}`] : [
          'port 0', `tls-port ${port}`, `tls-cert-file ${certificate.certificateFile}`, `tls-key-file ${certificate.keyFile}`, `tls-ca-cert-file ${certificate.caFile}`,
          ...asksForCertificates ? [] : ['tls-auth-clients no'],
        ],
        'save ""', 'appendonly no', `dir ${data}`, ...aclFile ? [`aclfile ${path.join(data, 'users.acl')}`] : users, ...settings,
      ];
      fs.writeFileSync(path.join(folder, 'server.conf'), lines.join('\n') + '\n');
      giveToServer(folder);
    } while (!await server.start(command, READY, PORT_TAKEN));
    return {
      product,
      host: 'localhost',
      address,
      port,
      ca: certificate.ca,
      root: ROOT,
      superuser: SUPERUSER,
      pause: () => server.pause(),
      resume: () => server.resume(),
      kill: () => server.kill(),
      giveAclFile: (lines) => {
        const [file, conf] = [path.join(data, 'users.acl'), path.join(folder, 'server.conf')];
        fs.writeFileSync(file, lines.join('\n') + '\n');
        fs.writeFileSync(conf, [...fs.readFileSync(conf, 'utf8').split('\n').filter((line) => !line.startsWith('user ')), `aclfile ${file}`, ''].join('\n'));
      },
      restart: async () => {
        if (!await server.start(command, READY, PORT_TAKEN)) { throw new Error('The port is taken'); }
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** What the server says to commands, which are sent at once, as it says it: one line for each line of its replies. */
export async function sendRedis(server: Reached, login: Login, ...commands: string[][]): Promise<string[]> {
  const socket = tls.connect({ host: server.address, port: server.port, ca: server.ca, servername: 'localhost' });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write([['AUTH', login.username, login.password], ...commands, ['QUIT']].map(encoded).join(''));
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
  return Buffer.concat(chunks).toString().split('\r\n').slice(0, -1);
}

/** The replies to commands of somebody who has to be let in, and may do them. */
export async function runRedis(server: Reached, login: Login, ...commands: string[][]): Promise<string[]> {
  const lines = await sendRedis(server, login, ...commands);
  const error = lines.find((line) => /^-[A-Z]+ /.test(line));
  if (error !== undefined) { throw new Error(`The server refuses: ${error}`); }
  return lines.slice(1, -1);
}

/** Whether a server lets somebody in. */
export async function letsInRedis(server: Reached, login: Login): Promise<boolean> {
  const [answer] = await sendRedis(server, login);
  if (answer === '+OK') { return true; }
  if (/^-WRONGPASS /.test(answer)) { return false; }
  throw new Error(`The server answered a login with ${answer}`);
}

/** A connection that asks one thing after the other whose answer is a line. The server may not be restarted meanwhile. */
export class RedisProbe {
  private readonly socket: tls.TLSSocket;
  private turn: Promise<unknown> = Promise.resolve();

  constructor({ address, port, ca, host = 'localhost' }: Reached) {
    this.socket = tls.connect({ host: address, port, ca, servername: isIP(host) ? undefined : host });
    this.socket.setNoDelay();
  }

  /** Whether the server lets somebody in: a connection may log in more than once. */
  async letsIn({ username, password }: Login): Promise<boolean> {
    const answer = await this.ask('AUTH', username, password);
    if (answer === '+OK') { return true; }
    if (answer.startsWith('-WRONGPASS ')) { return false; }
    throw new Error(`The server answered a login with ${answer}`);
  }

  ask(...args: string[]): Promise<string> {
    const answer = this.turn.then(() => new Promise<string>((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.once('data', (chunk) => {
        this.socket.off('error', reject);
        resolve(chunk.toString().trimEnd());
      });
      this.socket.write(encoded(args));
    }));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }
}

function encoded(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;
}
