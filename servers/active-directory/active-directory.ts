import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Attribute, Change, Client, InvalidCredentialsError } from 'ldapts';
import { makeCertificate } from '../../tools/servers/certificates';
import { freePort } from '../../tools/servers/ports';
import type { Login, ServerTls } from '../../tools/servers/server';
import { giveToServer, makeFolder, ServerProcess, unprivileged } from '../../tools/servers/server-process';
import { installed, withOwnLibraries } from '../installation';
import { copyTemplate } from '../template';

export interface ActiveDirectoryOptions {
  /** @default 'good' */
  readonly tls?: ServerTls;
  /** How long the password before the present one is accepted, in minutes. @default 60, as in Active Directory */
  readonly oldPasswordMinutes?: number;
}

/** A domain controller of its own: Samba. It ends with the process that started it. */
export interface ActiveDirectoryServer {
  readonly host: 'localhost';
  readonly port: number;
  /** The port without TLS. */
  readonly plainPort: number;
  readonly ca: string;
  /** The administrator of the domain. */
  readonly root: Login;
  /** May do what docs/targets/active-directory.md asks for, and nothing else. */
  readonly superuser: Login;
  pause(): void;
  resume(): void;
  /** The log. */
  output(): string;
  /** Ends the server at once, and keeps its files. */
  kill(): Promise<void>;
  /** After `kill`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

type Reached = Pick<ActiveDirectoryServer, 'port' | 'ca'>;

/** Of a user, with the names of the tests unless given. */
export interface AdUser {
  readonly account: string;
  readonly dn: string;
  readonly upn: string;
}

const REALM = 'ad.example.com';
const DOMAIN = 'AD';
const SUFFIX = 'DC=ad,DC=example,DC=com';
export const SERVICES = `OU=Services,${SUFFIX}`;
const ROOT: Login = { username: `Administrator@${REALM}`, password: 'Root-of-the-tests-1' };
const SUPERUSER: Login = { username: `superuser@${REALM}`, password: 'Superuser-of-the-tests-1' };

/** A user whose password has expired. */
export const EXPIRED = { account: 'expired', password: 'Expired-password-1' };

/** Of Samba's database, from the working directory. */
const LDB_MODULES = 'modules/ldb';

/** The ports that are fixed in Samba, with the number of instructions that have each. */
const PORTS = { 389: 1, 636: 2, 3268: 1, 3269: 2 };

export async function startActiveDirectory({ tls: kind = 'good', oldPasswordMinutes = 60 }: ActiveDirectoryOptions = {}): Promise<ActiveDirectoryServer> {
  const folder = makeFolder();
  const data = path.join(folder, 'data');
  const server = new ServerProcess(folder, 'KILL');
  try {
    const samba = installed('samba-4.17');
    const certificate = await makeCertificate(path.join(folder, 'tls'), kind === 'none' ? 'good' : kind);
    await copyTemplate('samba-4.17', fs.readFileSync(path.join(__dirname, 'provision.py'), 'utf8') + JSON.stringify([SERVICES, ROOT, SUPERUSER, EXPIRED]), provision, data);
    for (const name of ['cache', 'lock', 'run']) { fs.mkdirSync(path.join(data, name), { mode: 0o700 }); }
    fs.writeFileSync(path.join(data, 'smb.conf'), [
      '[global]', `realm = ${REALM}`, `workgroup = ${DOMAIN}`, 'netbios name = LOCALHOST', 'server role = active directory domain controller',
      'server services = ldap', 'interfaces = 127.0.0.1/8', 'bind interfaces only = yes', `old password allowed period = ${oldPasswordMinutes}`,
      `private dir = ${data}/private`, `state directory = ${data}/state`, `cache directory = ${data}/cache`, `lock directory = ${data}/lock`,
      `pid directory = ${data}/run`, `ncalrpc dir = ${data}/run/ncalrpc`, `winbindd socket directory = ${data}/run/winbindd`,
      `ntp signd socket directory = ${data}/run/ntp`, `binddns dir = ${data}/bind-dns`,
      `tls keyfile = ${certificate.keyFile}`, `tls certfile = ${certificate.certificateFile}`, `tls cafile = ${certificate.caFile}`, '',
    ].join('\n'));
    const command = ['env', `LDB_MODULES_PATH=${LDB_MODULES}`, ...withOwnLibraries(samba, 'usr/sbin/samba', 'usr/lib/x86_64-linux-gnu/samba'),
      '--foreground', '--no-process-group', '--model=single', '--debug-stdout', `--configfile=${data}/smb.conf`];
    let ports: number[];
    do {
      ports = await Promise.all(Object.keys(PORTS).map(freePort));
      linkModules(samba, data, ports);
      giveToServer(folder);
    } while (!await start(server, command, ports));
    const [plainPort, port] = ports;
    return {
      host: 'localhost',
      port: kind === 'none' ? plainPort : port,
      plainPort,
      ca: certificate.ca,
      root: ROOT,
      superuser: SUPERUSER,
      pause: () => server.pause(),
      resume: () => server.resume(),
      output: () => server.output(),
      kill: () => server.kill(),
      restart: async () => {
        // The ports may be free only after a moment.
        for (let left = 20; !await start(server, command, ports); left--) {
          if (left === 0) { throw new Error('The ports are taken'); }
          await sleep(50);
        }
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function provision(folder: string): Promise<void> {
  const samba = installed('samba-4.17');
  const data = path.join(folder, 'data');
  linkModules(samba, data);
  giveToServer(folder);
  const [python, ...args] = unprivileged([
    ...withOwnLibraries(samba, 'usr/bin/python3.11', 'usr/lib/x86_64-linux-gnu/samba'),
    path.join(__dirname, 'provision.py'), data, REALM, DOMAIN, ROOT.password, SERVICES, SUPERUSER.username.split('@')[0], SUPERUSER.password, EXPIRED.account, EXPIRED.password,
  ]);
  const env = {
    PATH: process.env.PATH,
    HOME: data,
    PYTHONHOME: path.join(samba, 'usr'),
    PYTHONPATH: path.join(samba, 'usr/lib/python3/dist-packages'),
    PYTHONDONTWRITEBYTECODE: '1',
    LDB_MODULES_PATH: LDB_MODULES,
  };
  await promisify(execFile)(python, args, { cwd: data, env, maxBuffer: 10_000_000 });
  for (const name of ['modules', 'setup']) { fs.rmSync(path.join(data, name), { recursive: true }); }
}

/** Links to the modules of Samba in a working directory, with other ports. */
function linkModules(samba: string, data: string, ports?: readonly number[]): void {
  const [from, to] = [path.join(samba, 'usr/lib/x86_64-linux-gnu/samba'), path.join(data, 'modules')];
  fs.rmSync(to, { recursive: true, force: true });
  fs.mkdirSync(path.join(to, 'service'), { recursive: true });
  for (const name of ['auth', 'gensec', 'ldb', 'process_model']) { fs.symlinkSync(path.join(from, name), path.join(to, name)); }
  fs.rmSync(path.join(data, 'setup'), { force: true });
  fs.symlinkSync(path.join(samba, 'usr/share/samba/setup'), path.join(data, 'setup'));
  if (ports) { fs.writeFileSync(path.join(to, 'service/ldap.so'), withPorts(fs.readFileSync(path.join(from, 'service/ldap.so')), ports)); }
}

/** The module with other ports, which only root may take otherwise, and only one server at a time. */
function withPorts(module: Buffer, ports: readonly number[]): Buffer {
  let text = module.toString('latin1');
  const bytes = (port: number) => String.fromCharCode(port % 0x100, Math.floor(port / 0x100), 0, 0);
  Object.entries(PORTS).forEach(([port, count], i) => {
    // "mov register, port" or "cmp register, port"
    const instruction = new RegExp(`([\\xb8-\\xbf]|\\x81\\xfe)${bytes(Number(port)).replace(/[^]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}`, 'g');
    const found = text.match(instruction)?.length ?? 0;
    if (found !== count) { throw new Error(`Samba has ${found} instructions with the port ${port}, and not ${count}: Debian has another build of it`); }
    text = text.replace(instruction, (_, operation: string) => operation + bytes(ports[i]));
  });
  return Buffer.from(text, 'latin1');
}

/** False if a port was taken. */
async function start(server: ServerProcess, command: string[], ports: readonly number[]): Promise<boolean> {
  return await server.start(command, /using 'single' process model/, /ADDRESS_ALREADY/) && isReachable(server, ports);
}

/** Samba says that it starts before it accepts connections. False if a port was taken. */
async function isReachable(server: ServerProcess, ports: readonly number[]): Promise<boolean> {
  const tries = (port: number) => new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
  for (let left = 1_000; left > 0; left--) {
    if (/ADDRESS_ALREADY/.test(server.output())) {
      await server.kill();
      return false;
    }
    // The last one that it opens.
    if (await tries(ports[3]) && await tries(ports[1])) { return true; }
    await sleep(10);
  }
  throw new Error(`The domain controller took too long to start:\n${server.output()}`);
}

/** Runs `use` on a connection of a user. */
export async function asAd<T>({ port, ca }: Reached, { username, password }: Login, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ url: `ldaps://localhost:${port}`, tlsOptions: { ca, host: '127.0.0.1', servername: 'localhost' }, timeout: 10_000 });
  try {
    await client.bind(username, password);
    return await use(client);
  } finally {
    await client.unbind();
  }
}

/** Whether a domain controller lets somebody in. */
export async function letsInAd(server: Reached, login: Login): Promise<boolean> {
  try {
    return await asAd(server, login, async () => true);
  } catch (error) {
    if (error instanceof InvalidCredentialsError) { return false; }
    throw error;
  }
}

/** The names of a user of SERVICES. */
export function adUser(account: string): AdUser {
  return { account, dn: `CN=${account},${SERVICES}`, upn: `${account}@${REALM}` };
}

export function quoted(password: string): Buffer {
  return Buffer.from(`"${password}"`, 'utf16le');
}

/** Makes a user anew. */
export async function makeAdUser(server: Reached, { account, dn, upn }: AdUser, password: string): Promise<void> {
  await asAd(server, ROOT, async (client) => {
    await client.del(dn).catch(() => undefined);
    await client.add(dn, { objectClass: 'user', sAMAccountName: account, userPrincipalName: upn, unicodePwd: quoted(password) as unknown as string, userAccountControl: '512' });
  });
}

/** Changes attributes of an entry as the administrator. */
export async function changeAd(server: Reached, dn: string, attributes: Readonly<Record<string, string | Buffer>>): Promise<void> {
  await asAd(server, ROOT, (client) => client.modify(dn, Object.entries(attributes).map(([type, value]) =>
    new Change({ operation: 'replace', modification: new Attribute({ type, values: [value as string] }) }))));
}

/** Gives an entry another name. */
export async function renameAd(server: Reached, dn: string, newDn: string): Promise<void> {
  await asAd(server, ROOT, (client) => client.modifyDN(dn, newDn));
}

/** Changes the policy of the domain. */
export async function changeAdPolicy(server: Reached, attributes: Readonly<Record<string, string>>): Promise<void> {
  await changeAd(server, SUFFIX, attributes);
}

/** An attribute of an entry. */
export async function readAd(server: Reached, dn: string, attribute: string): Promise<string> {
  return asAd(server, ROOT, async (client) => {
    const { searchEntries: [entry] } = await client.search(dn, { scope: 'base', attributes: [attribute] });
    return [entry[attribute]].flat().map(String).join();
  });
}
