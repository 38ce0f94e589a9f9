import * as fs from 'node:fs';
import { connect, isIP } from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, InvalidCredentialsError } from 'ldapts';
import { makeCertificate } from '../../tools/servers/certificates';
import { freePort } from '../../tools/servers/ports';
import type { Login, ServerTls } from '../../tools/servers/server';
import { giveToServer, makeFolder, processesIn, ServerProcess } from '../../tools/servers/server-process';
import { installed, withOwnLibraries } from '../installation';

export interface LdapOptions {
  /** @default 'good' */
  readonly tls?: ServerTls;
  /** The attributes of a password policy for all entries of SERVICES. @default - no overlay ppolicy */
  readonly policy?: Record<string, string>;
  /** Whether clients need a certificate. The server has no entries then. */
  readonly asksForCertificate?: boolean;
  /** Further lines of the configuration of the database. */
  readonly settings?: readonly string[];
  /** The server whose entries it copies, with a referral to another one for writes. It needs the settings `SYNC_PROVIDER`. */
  readonly replicaOf?: LdapServer;
}

export const SYNC_PROVIDER: readonly string[] = ['moduleload syncprov', 'overlay syncprov'];

/** A slapd of its own. It ends with the process that started it. */
export interface LdapServer {
  readonly host: 'localhost';
  readonly port: number;
  readonly ca: string;
  /** May do everything. */
  readonly root: Login;
  /** May do what docs/targets/ldap.md asks for, and nothing else. */
  readonly superuser: Login;
  /** The server's log. */
  output(): string;
  pause(): void;
  resume(): void;
  /** Ends the server at once, and keeps its files. */
  kill(): Promise<void>;
  /** After `kill`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What a client needs to know of a server. */
export interface Reached extends Pick<LdapServer, 'port' | 'ca'> {
  /** @default 'localhost' */
  readonly host?: string;
}

const SUFFIX = 'dc=example,dc=com';
export const SERVICES = `ou=services,${SUFFIX}`;
const ROOT: Login = { username: `cn=root,${SUFFIX}`, password: 'root-of-the-tests' };
const SUPERUSER: Login = { username: `cn=superuser,${SUFFIX}`, password: 'superuser-of-the-tests' };
const POLICY = `cn=policy,${SUFFIX}`;

/** The rights of docs/targets/ldap.md. */
export const RIGHTS = [
  `access to dn.one="${SERVICES}" attrs=userPassword`,
  `  by dn.exact="${SUPERUSER.username}" =w`,
  '  by self =xw',
  '  by anonymous auth',
  '  by * none',
];

export async function startLdap({ tls: kind = 'good', policy, settings = [], asksForCertificate = false, replicaOf }: LdapOptions = {}): Promise<LdapServer> {
  const folder = makeFolder();
  const data = path.join(folder, 'data');
  fs.mkdirSync(path.join(data, 'db'), { recursive: true, mode: 0o700 });
  const server = new ServerProcess(folder, 'KILL');
  try {
    const certificate = await makeCertificate(path.join(folder, 'tls'), kind === 'none' ? 'good' : kind);
    const slapd = installed('openldap-2.5');
    const schema = (name: string) => `include ${path.join(slapd, 'etc/ldap/schema', `${name}.schema`)}`;
    const conf = path.join(folder, 'slapd.conf');
    const replica = replicaOf ? [
      `syncrepl rid=001 provider=ldaps://localhost:${replicaOf.port} type=refreshAndPersist retry="1 +" searchbase="${SUFFIX}" bindmethod=simple binddn="${ROOT.username}" `
        + `credentials=${ROOT.password} tls_reqcert=never`,
      'updateref ldaps://writer.example.com',
    ] : [];
    fs.writeFileSync(conf, [
      schema('core'), schema('cosine'), schema('inetorgperson'),
      `modulepath ${path.join(slapd, 'usr/lib/ldap')}`, 'moduleload back_mdb', ...policy ? ['moduleload ppolicy'] : [],
      `TLSCertificateFile ${certificate.certificateFile}`, `TLSCertificateKeyFile ${certificate.keyFile}`,
      ...asksForCertificate ? [`TLSCACertificateFile ${certificate.caFile}`, 'TLSVerifyClient demand'] : [],
      'database mdb', `suffix "${SUFFIX}"`, `rootdn "${ROOT.username}"`, `rootpw ${ROOT.password}`, `directory ${path.join(data, 'db')}`, 'maxsize 16777216',
      ...RIGHTS, 'access to attrs=userPassword by anonymous auth by * none', 'access to * by users read by * none', ...settings,
      ...policy ? ['overlay ppolicy', `ppolicy_default "${POLICY}"`] : [], ...replica,
      '',
    ].join('\n'));
    giveToServer(folder);
    let port: number;
    let command: string[];
    do {
      port = await freePort();
      command = [...withOwnLibraries(slapd, 'usr/sbin/slapd'), '-d', '256', '-h', `${kind === 'none' ? 'ldap' : 'ldaps'}://127.0.0.1:${port}`, '-f', conf];
    } while (!await server.start(command, /slapd starting/, /Address already in use/));
    await untilReachable(port);
    if (kind === 'good' && !asksForCertificate && !replicaOf) { await fill({ port, ca: certificate.ca }, policy); }
    return {
      host: 'localhost',
      port,
      ca: certificate.ca,
      root: ROOT,
      superuser: SUPERUSER,
      output: () => server.output(),
      pause: () => server.pause(),
      resume: () => server.resume(),
      kill: async () => {
        for (const pid of processesIn(data)) { process.kill(pid, 'SIGKILL'); }
        while (processesIn(data).length > 0) { await sleep(2); }
      },
      restart: async () => {
        // The port may be free only after a moment.
        for (let left = 20; !await server.start(command, /slapd starting/, /Address already in use/); left--) {
          if (left === 0) { throw new Error('The port is taken'); }
          await sleep(50);
        }
        await untilReachable(port);
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** slapd says that it starts before it accepts connections. */
async function untilReachable(port: number): Promise<void> {
  const isReachable = () => new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
  while (!await isReachable()) { await sleep(5); }
}

async function fill(server: Reached, policy: Record<string, string> | undefined): Promise<void> {
  await asLdap(server, ROOT, async (client) => {
    await client.add(SUFFIX, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' });
    await client.add(SERVICES, { objectClass: 'organizationalUnit', ou: 'services' });
    await client.add(SUPERUSER.username, { objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'superuser', userPassword: SUPERUSER.password });
    if (policy) { await client.add(POLICY, { objectClass: ['organizationalRole', 'pwdPolicy'], cn: 'policy', pwdAttribute: 'userPassword', ...policy }); }
  });
}

/** A connection before its login. */
export function ldapClient({ host = 'localhost', port, ca }: Reached): Client {
  const tlsOptions = host === 'localhost' ? { ca, host: '127.0.0.1', servername: host } : { ca, ...isIP(host) ? {} : { servername: host } };
  return new Client({ url: `ldaps://${host.includes(':') ? `[${host}]` : host}:${port}`, tlsOptions, timeout: 10_000 });
}

/** Runs `use` on a connection of a user. */
export async function asLdap<T>(server: Reached, { username, password }: Login, use: (client: Client) => Promise<T>): Promise<T> {
  const client = ldapClient(server);
  try {
    await client.bind(username, password);
    return await use(client);
  } finally {
    await client.unbind();
  }
}

/** Whether a server lets somebody in. */
export async function letsInLdap(server: Reached, login: Login): Promise<boolean> {
  try {
    return await asLdap(server, login, async () => true);
  } catch (error) {
    if (error instanceof InvalidCredentialsError) { return false; }
    throw error;
  }
}

/** Makes an entry of SERVICES anew, with these passwords, stored in clear. */
export async function makeLdapUser(server: Reached, dn: string, ...passwords: string[]): Promise<void> {
  await asLdap(server, ROOT, (client) => remakeLdapUser(client, dn, ...passwords));
}

/** The same, on a connection of one who may do it. */
export async function remakeLdapUser(client: Client, dn: string, ...passwords: string[]): Promise<void> {
  await client.del(dn).catch(() => undefined);
  await client.add(dn, { objectClass: ['account', 'simpleSecurityObject'], userPassword: passwords });
}

/** The values of userPassword, as the server stores them. */
export async function storedPasswords(server: Reached, dn: string): Promise<string[]> {
  return asLdap(server, ROOT, async (client) => {
    const { searchEntries: [entry] } = await client.search(dn, { scope: 'base', attributes: ['userPassword'] });
    return [entry.userPassword].flat().map(String);
  });
}
