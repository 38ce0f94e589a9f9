import * as fs from 'node:fs';
import * as path from 'node:path';
import { MongoClient, MongoServerError, type Document } from 'mongodb';
import { makeCertificate, type ServerCertificate } from '../../tools/servers/certificates';
import { freePort } from '../../tools/servers/ports';
import type { Login, ServerTls } from '../../tools/servers/server';
import { giveToServer, makeFolder, ServerProcess } from '../../tools/servers/server-process';
import { installed } from '../installation';

export type MongoProduct = 'mongoDb' | 'documentDb';

export interface MongoOptions {
  /** @default 'mongoDb' */
  readonly product?: MongoProduct;
  /** @default 'good' */
  readonly tls?: ServerTls;
  /** What a secondary names as its primary, or an empty text if it knows none. @default - it is the primary */
  readonly primary?: string;
}

/** A stand-in for a server of MongoDB or DocumentDB. It ends with the process that started it. */
export interface MongoServer {
  readonly product: MongoProduct;
  readonly host: 'localhost';
  readonly port: number;
  readonly ca: string;
  /** May do everything. */
  readonly root: Login;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** What a client needs to know of a server. */
export interface Reached extends Pick<MongoServer, 'product' | 'port' | 'ca'> {
  readonly host: string;
}

const ROOT: Login = { username: 'root', password: 'root-of-the-tests' };
const AUTHENTICATION_FAILED = 18;

export function startMongo({ product = 'mongoDb', tls = 'good', primary }: MongoOptions = {}): Promise<MongoServer> {
  const standIn = installed('secantusdb-0');
  return start(product, tls, ({ port, certificate, store }) => [
    'env', `PYTHONPATH=${path.join(standIn, 'packages')}`, 'PYTHONDONTWRITEBYTECODE=1',
    fs.readFileSync(path.join(standIn, 'python'), 'utf8').trim(), path.join(__dirname, 'stand_in.py'), `--port=${port}`, `--storage=${store}`,
    `--root=${ROOT.username}`, `--password=${ROOT.password}`,
    ...certificate ? [`--certificate=${certificate.certificateFile}`, `--key=${certificate.keyFile}`] : [],
    ...product === 'documentDb' ? ['--document-db'] : [], ...primary === undefined ? [] : [`--primary=${primary}`],
  ], /The server is ready/);
}

/** FerretDB as it is: passwords and mechanisms of users, without roles, custom data and restrictions. */
export function startFerretDb({ product = 'mongoDb', tls = 'good' }: Omit<MongoOptions, 'primary'> = {}): Promise<MongoServer> {
  return start(product, tls, ({ port, certificate, store }) => [
    path.join(installed('ferretdb-1'), 'ferretdb'), '--handler=sqlite', `--sqlite-url=file:${store}/`, `--state-dir=${store}`, '--telemetry=disable', '--debug-addr=-',
    '--test-enable-new-auth', '--setup-database=admin', `--setup-username=${ROOT.username}`, `--setup-password=${ROOT.password}`,
    ...certificate ? ['--listen-addr=', `--listen-tls=127.0.0.1:${port}`, `--listen-tls-cert-file=${certificate.certificateFile}`, `--listen-tls-key-file=${certificate.keyFile}`]
      : [`--listen-addr=127.0.0.1:${port}`],
  ], /Listening on /);
}

interface Prepared {
  readonly port: number;
  /** Undefined for a server without TLS. */
  readonly certificate?: ServerCertificate;
  /** A folder for the data. */
  readonly store: string;
}

async function start(product: MongoProduct, tls: ServerTls, commandFor: (prepared: Prepared) => string[], ready: RegExp): Promise<MongoServer> {
  const folder = makeFolder();
  const store = path.join(folder, 'data', 'store');
  fs.mkdirSync(store, { recursive: true, mode: 0o700 });
  const server = new ServerProcess(folder, 'KILL');
  try {
    const certificate = await makeCertificate(path.join(folder, 'tls'), tls === 'none' ? 'good' : tls);
    giveToServer(folder);
    let port: number;
    do {
      port = await freePort();
    } while (!await server.start(commandFor({ port, certificate: tls === 'none' ? undefined : certificate, store }), ready, /address already in use/i));
    return {
      product, host: 'localhost', port, ca: certificate.ca, root: ROOT, pause: () => server.pause(), resume: () => server.resume(), stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The usual driver, for a user of a database. */
export function mongoClient({ product, host, port, ca }: Reached, { username, password }: Login, database = 'admin'): MongoClient {
  return new MongoClient(`mongodb://${host.includes(':') ? `[${host}]` : host}:${port}/?directConnection=true`, {
    tls: true,
    ca,
    auth: { username, password },
    authSource: database,
    // Older versions of DocumentDB don't say which mechanism a user has.
    ...product === 'documentDb' ? { authMechanism: 'SCRAM-SHA-1' } : {},
    serverSelectionTimeoutMS: 10_000,
    maxPoolSize: 1,
    ...host === 'localhost' ? { family: 4 } : {},
  });
}

/** Runs `use` with the usual driver. */
export async function asMongo<T>(server: Reached, login: Login, use: (client: MongoClient) => Promise<T>, database?: string): Promise<T> {
  const client = mongoClient(server, login, database);
  try {
    return await use(await client.connect());
  } finally {
    await client.close();
  }
}

/** Whether a server lets somebody in, by the usual driver. */
export async function letsInMongo(server: Reached, login: Login, database?: string): Promise<boolean> {
  try {
    return await asMongo(server, login, async (client) => (await client.db('admin').command({ ping: 1 })).ok === 1, database);
  } catch (error) {
    if (error instanceof MongoServerError && error.code === AUTHENTICATION_FAILED) { return false; }
    throw error;
  }
}

/** Runs a command in a database as root. */
export function runMongo(server: Reached, command: Document, database = 'admin'): Promise<Document> {
  return asMongo(server, ROOT, (client) => client.db(database).command(command));
}

/** A user as the server shows it. Undefined if there is none. */
export async function mongoUser(server: Reached, username: string, database = 'admin'): Promise<Document | undefined> {
  const { users } = await runMongo(server, { usersInfo: { user: username, db: database }, showAuthenticationRestrictions: true });
  return (users as Document[])[0];
}
