/*
 * A stand-in for Microsoft SQL Server, which runs nowhere here. It speaks the server's protocol, takes the statements that Microsoft documents for passwords,
 * and answers every other one with a syntax error. It shows that rotations come to their end and in which order, not that SQL Server agrees.
 */
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ServerState, type Policy, type SqlSession } from './state';
import { SqlError } from './t-sql';
import { batchIn, doneToken, ENCRYPT, encryptionIn, errorToken, HandshakeStream, loginTokens, messages, PACKET, packets, parseLogin, preloginReply, resultTokens, routingToken, type Message } from './tds';
import { makeCertificate } from '../../../tools/servers/certificates';
import type { Login, ServerTls } from '../../../tools/servers/server';
import { makeFolder } from '../../../tools/servers/server-process';

export interface SqlServerOptions {
  /** @default 'good' */
  readonly tls?: ServerTls;
  /** Whether a login without TLS is accepted. @default - only if there is no TLS */
  readonly plaintext?: boolean;
  readonly policy?: Partial<Policy>;
}

export interface SqlServerStandIn {
  readonly host: 'localhost';
  readonly port: number;
  readonly ca: string;
  /** A member of sysadmin. */
  readonly root: Login;
  /** The logins and users, which tests may change. */
  readonly state: ServerState;
  /** What a trace of the server shows of each batch. */
  readonly trace: readonly string[];
  /** The logins that were tried, each with its database, and whether it was let in. */
  readonly logins: readonly { readonly user: string; readonly database: string; readonly isAccepted: boolean }[];
  /** The bytes of logins that came without TLS. */
  readonly plaintextLogins: readonly Buffer[];
  /** The delay before each batch that begins with ALTER, in milliseconds. */
  delay: number;
  /** Where logins are sent on to. */
  routing?: { readonly host: string; readonly port: number };
  /** Statements of the root, who needs no password here. */
  asRoot(...batches: string[]): void;
  /** Statements of the root in a database. */
  asRootIn(database: string, ...batches: string[]): void;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const ROOT: Login = { username: 'admin', password: 'Administrator-of-the-tests-1' };
/** Microsoft documents that a trace has a replacement for the text of such a statement if it is a batch of its own. Of users, it says nothing. */
const SENSITIVE = /^\s*(ALTER|CREATE)\s+LOGIN\b/i;
/** What `delay` is for. */
const CHANGE = /^\s*ALTER\b/i;

export async function startSqlServerStandIn(options: SqlServerOptions = {}): Promise<SqlServerStandIn> {
  const { tls = 'good', plaintext = tls === 'none' } = options;
  const folder = makeFolder();
  const certificate = await makeCertificate(join(folder, 'tls'), tls === 'none' ? 'good' : tls);
  const identity = { cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile) };
  const state = new ServerState(ROOT, { history: 0, hasMinimumAge: false, lockout: 0, ...options.policy });
  const sockets = new Set<Socket>();
  const trace: string[] = [];
  const logins: { user: string; database: string; isAccepted: boolean }[] = [];
  const plaintextLogins: Buffer[] = [];
  let isPaused = false;
  // A server may send rows of either kind.
  let rows = 0;
  const standIn: SqlServerStandIn = {
    host: 'localhost',
    port: 0,
    ca: certificate.ca,
    root: ROOT,
    state,
    trace,
    logins,
    plaintextLogins,
    delay: 0,
    asRoot: (...batches) => standIn.asRootIn('master', ...batches),
    asRootIn: (database, ...batches) => {
      const session: SqlSession = { account: state.login(ROOT.username), isContained: false, database };
      for (const batch of batches) { state.run(session, batch); }
    },
    pause: () => { isPaused = true; for (const socket of sockets) { socket.pause(); } },
    resume: () => { isPaused = false; for (const socket of sockets) { socket.resume(); } },
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => { server.close(resolve); });
      rmSync(folder, { recursive: true, force: true });
    },
  };

  /** The messages after the first one. */
  const converse = (client: Duplex, isSecure: boolean) => {
    let session: SqlSession | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isWaiting = false;
    const reply = (...parts: Buffer[]) => { client.write(packets(PACKET.reply, Buffer.concat(parts))); };
    const login = (body: Buffer) => {
      if (!isSecure) { plaintextLogins.push(body); }
      const asked = parseLogin(body);
      const { user, password, database } = asked;
      try {
        if (!isSecure && !plaintext) { throw new SqlError(20, 'The instance of SQL Server you attempted to connect to requires encryption.'); }
        session = state.logIn(user, password, database);
        logins.push({ user, database, isAccepted: true });
        const { routing } = standIn;
        reply(...routing ? [routingToken(routing.host, routing.port)] : [], loginTokens(session.database, asked));
      } catch (error) {
        logins.push({ user, database, isAccepted: false });
        const { number, message } = error as SqlError;
        reply(errorToken(number, message), ...number === 4060 ? [errorToken(18456, 'Login failed.')] : [], doneToken({ failed: true }));
        client.end();
      }
    };
    const run = (batch: string) => {
      try {
        const results = state.run(session!, batch);
        reply(...results.flatMap((result, i) => {
          const compressed = result.rows !== undefined && ++rows % 2 === 0;
          return resultTokens(result, { more: i < results.length - 1, compressed });
        }));
      } catch (error) {
        if (!(error instanceof SqlError)) { throw error; }
        reply(errorToken(error.number, error.message), doneToken({ failed: true }));
      }
    };
    const take = ({ type, body }: Message) => {
      if (type === PACKET.login && !session) { return login(body); }
      if (type === PACKET.attention) {
        clearTimeout(timer);
        // What there is of the answer, and then that the rest is cancelled.
        if (isWaiting) { reply(doneToken({ failed: true })); }
        isWaiting = false;
        return reply(doneToken({ cancelled: true }));
      }
      if (!session || (type !== PACKET.batch && type !== PACKET.rpc)) { return void client.destroy(); }
      if (type === PACKET.rpc) {
        trace.push(body.toString('utf16le'));
        return reply(errorToken(2812, 'Could not find stored procedure.'), doneToken({ failed: true }));
      }
      const batch = batchIn(body);
      trace.push(SENSITIVE.test(batch) ? `--*${SENSITIVE.exec(batch)![0].trim()}${'-'.repeat(20)}` : batch);
      if (standIn.delay > 0 && CHANGE.test(batch)) {
        isWaiting = true;
        timer = setTimeout(() => {
          isWaiting = false;
          run(batch);
        }, standIn.delay);
      } else {
        run(batch);
      }
    };
    client.on('error', () => client.destroy());
    client.on('close', () => clearTimeout(timer));
    client.on('data', ending(client, messages(take)));
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).on('error', () => {}).on('close', () => sockets.delete(socket));
    if (isPaused) { socket.pause(); }
    const greet = messages(({ type, body }) => {
      if (type !== PACKET.prelogin) { return void socket.destroy(); }
      socket.removeListener('data', onData);
      const wanted = encryptionIn(body);
      if (tls === 'none' || (wanted === ENCRYPT.notSupported && plaintext)) {
        socket.write(packets(PACKET.reply, preloginReply(ENCRYPT.notSupported)));
        converse(socket, false);
      } else if (wanted === ENCRYPT.notSupported) {
        socket.write(packets(PACKET.reply, preloginReply(ENCRYPT.required)));
        socket.end();
      } else {
        socket.write(packets(PACKET.reply, preloginReply(ENCRYPT.on)));
        converse(new TLSSocket(new HandshakeStream(socket, Buffer.alloc(0)), { isServer: true, maxVersion: 'TLSv1.2', ...identity }), true);
      }
    });
    const onData = ending(socket, greet);
    socket.on('data', onData);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return Object.assign(standIn, { port: (server.address() as AddressInfo).port });
}

/** Ends the connection of a client that breaks the protocol. */
function ending(stream: Duplex, take: (data: Buffer) => void): (data: Buffer) => void {
  return (data) => {
    try {
      take(data);
    } catch {
      stream.destroy();
    }
  };
}
