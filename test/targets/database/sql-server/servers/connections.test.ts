/*
 * Where the credentials of SQL Server are sent, and what AWS's rotation function does there. On a stand-in: no real server of SQL Server runs here.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { identifier, KINDS, letsIn, makeUser, prepare, SHOP, SqlServerHarness, type SqlServerHarnessOptions } from './fixture';
import { Proxy } from '../../../../../servers/proxy';
import { startSqlServerStandIn, type SqlServerOptions, type SqlServerStandIn } from '../../../../../servers/stand-ins/sql-server/sql-server';
import { doneToken, PACKET, packets, preloginReply } from '../../../../../servers/stand-ins/sql-server/tds';
import { failure } from '../../../../harness';

jest.setTimeout(60_000);

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

async function messageOf(h: SqlServerHarness): Promise<string> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  const { name, message } = await failure(h.step(rotation, 'setSecret'));
  for (const password of h.passwords) { expect(message).not.toContain(password); }
  expect(message).toMatch(/\. [A-Z]/);
  return `${name}: ${message}`;
}

/** A server that does something with a connection that it accepts. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanUp.push(() => new Promise((resolve) => {
    server.close(resolve);
    for (const socket of sockets) { socket.destroy(); }
  }));
  return (server.address() as AddressInfo).port;
}

let server: SqlServerStandIn;
beforeAll(async () => {
  server = await startSqlServerStandIn();
  prepare(server);
});
afterAll(() => server.stop());
const make = (options?: SqlServerHarnessOptions) => SqlServerHarness.make(server, options);

async function another(options: SqlServerOptions): Promise<SqlServerStandIn> {
  const started = await startSqlServerStandIn(options);
  cleanUp.push(() => started.stop());
  return started;
}

test.each(['wrongHost', 'expired', 'unknownCa'] as const)('case 66: a certificate that is wrong (%s) is refused, before a credential is sent', async (tls) => {
  const wrong = await another({ tls });
  const h = make({ changes: { port: wrong.port }, config: { certificateAuthority: wrong.ca } });
  expect(await messageOf(h)).toMatch(/^TlsError: .*no credential was sent/);
  expect([wrong.logins, wrong.plaintextLogins]).toEqual([[], []]);
});

test('case 66: the usual driver verifies no IP address. Here, it is verified as any other name', async () => {
  const h = make({ changes: { host: '127.0.0.1' } });
  await h.rotate();
  expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  const wrong = await another({ tls: 'wrongHost' });
  const refused = make({ changes: { host: '127.0.0.1', port: wrong.port }, config: { certificateAuthority: wrong.ca } });
  expect(await messageOf(refused)).toMatch(/^TlsError: /);
});

test.each([undefined, false, 'false', true])('case 66: ssl %p: a server that says it has no TLS gets no credential, not even after a failure', async (ssl) => {
  const plain = await another({ tls: 'none' });
  const h = make({ changes: { port: plain.port, ssl } });
  expect(await messageOf(h)).toMatch(/^TlsError: .*does not take connections with TLS, so no credential was sent/);
  expect([plain.logins, plain.plaintextLogins]).toEqual([[], []]);
});

test.each([0, 2, 77])('case 66: an answer to the question for TLS other than yes (%d), as an attacker may change it to, ends the connection before the login', async (encryption) => {
  const got: number[] = [];
  const port = await listen((socket) => {
    socket.on('data', (data) => {
      got.push(data[0]);
      if (data[0] === PACKET.prelogin) { socket.write(packets(PACKET.reply, preloginReply(encryption))); }
    });
  });
  const h = make({ changes: { port } });
  expect(await messageOf(h)).toMatch(/^TlsError: .*no credential was sent/);
  expect(new Set(got)).toEqual(new Set([PACKET.prelogin]));
});

test('the usual driver sends its login in plaintext to such a server, which these tests would see', async () => {
  const plain = await another({ tls: 'none' });
  plain.asRoot('CREATE LOGIN app WITH PASSWORD = \'First-password-1\'');
  expect(await letsIn(plain, { username: 'app', password: 'First-password-1' })).toBe(true);
  expect(plain.plaintextLogins).toHaveLength(1);
});

test('case 67: a server without TLS is reached if the target says so', async () => {
  const plain = await another({ tls: 'none' });
  const user = { username: 'plain', password: 'First-password-1' };
  makeUser(plain, 'login', user);
  const h = make({ user, changes: { port: plain.port }, config: { certificateAuthority: undefined, plaintextConnection: true } });
  await h.rotate();
  expect(plain.state.login('plain').password).toBe(h.login('AWSCURRENT').password);
});

test('case 67: a server that demands TLS says so to a target that has turned it off', async () => {
  const h = make({ config: { certificateAuthority: undefined, plaintextConnection: true } });
  expect(await messageOf(h)).toMatch(/^TlsError: .*Leave plaintextConnection out/);
});

test('a server that sends logins on to another one isn\'t followed', async () => {
  const other = await another({});
  const h = make();
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  server.routing = { host: 'localhost', port: other.port };
  try {
    const { name, message } = await failure(h.step(rotation, 'setSecret'));
    expect(`${name}: ${message}`).toMatch(/^TargetRefusedError: .*another server.*"host"/);
  } finally {
    server.routing = undefined;
  }
  expect(other.logins).toEqual([]);
});

test('cases 29, 33: a server that doesn\'t answer ends the step in time', async () => {
  const silent = await listen(() => {});
  const h = make({ changes: { port: silent } });
  h.remaining = 6_000;
  const before = Date.now();
  expect(await messageOf(h)).toMatch(/^ConnectivityError: |^StepTimeoutError/);
  expect(Date.now() - before).toBeLessThan(7_000);
});

test('case 29: a port that nothing listens at is named as unreachable', async () => {
  expect(await messageOf(make({ changes: { port: 1 } }))).toMatch(/^ConnectivityError: .*ECONNREFUSED/);
});

test('case 29: a host without an address is named as unreachable', async () => {
  expect(await messageOf(make({ changes: { host: 'nowhere.test.invalid' } }))).toMatch(/^ConnectivityError: .*(?:ENOTFOUND|EAI_AGAIN)/);
});

test.each<[string, (socket: Socket) => void]>([
  ['HTTP', (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  ['a packet without end', (socket) => socket.once('data', () => socket.end(Buffer.from([4, 1, 0, 1, 0, 0, 0, 0])))],
  ['an end before the answer', (socket) => socket.once('data', () => socket.destroy())],
  ['an end after the answer', (socket) => socket.once('data', () => socket.end(packets(PACKET.reply, preloginReply(1))))],
  ['what is no TLS', (socket) => socket.on('data', () => socket.write(packets(PACKET.reply, preloginReply(1))))],
  ['an answer without its parts', (socket) => socket.once('data', () => socket.write(packets(PACKET.reply, Buffer.from([0xff]))))],
])('what speaks another protocol (%s) fails the step, and not the process', async (_, speak) => {
  const port = await listen(speak);
  const h = make({ changes: { port } });
  h.remaining = 8_000;
  expect(await messageOf(h)).toMatch(/^(?:ConnectivityError|TlsError|StepTimeoutError): /);
});

test.each([['protocol_version', 70], ['handshake_failure', 40]])('case 66: a server without TLS 1.2, which sends the alert %s, is told so', async (_, alert) => {
  const port = await listen((socket) => {
    socket.once('data', () => {
      socket.write(packets(PACKET.reply, preloginReply(1)));
      socket.once('data', () => socket.end(packets(PACKET.prelogin, Buffer.from([0x15, 3, 3, 0, 2, 2, alert]))));
    });
  });
  expect(await messageOf(make({ changes: { port } }))).toMatch(/^TlsError: .*no version and cipher of TLS in common.*no credential was sent\. Turn on TLS 1\.2/);
});

test.each([
  ['no token', packets(PACKET.reply, Buffer.from([0x01, 0x02, 0x03, 0x04]))],
  ['the beginning of one', packets(PACKET.reply, Buffer.from([0xaa, 0xff, 0xff]))],
  ['a message without end', packets(PACKET.reply, doneToken()).fill(0, 1, 2)],
])('an answer to the login that no server gives (%s) fails the step, and not the process', async (_, answer) => {
  const port = await listen((socket) => {
    socket.on('data', (data) => { socket.write(data[0] === PACKET.prelogin ? packets(PACKET.reply, preloginReply(2)) : answer); });
  });
  const h = make({ changes: { port }, config: { certificateAuthority: undefined, plaintextConnection: true } });
  h.remaining = 8_000;
  expect(await messageOf(h)).toMatch(/^ConnectivityError: /);
});

test('case 33: a server that hangs after the login ends the step in time', async () => {
  const h = make({
    connect: (dial) => async (...login) => {
      const connection = await dial(...login);
      server.pause();
      return connection;
    },
  });
  h.remaining = 7_000;
  try {
    expect(await messageOf(h)).toMatch(/^(?:ConnectivityError|StepTimeoutError): /);
  } finally {
    server.resume();
  }
});

test.each(KINDS)('case 56: %s: at every write of the client, a lost reply leaves a user that the next attempt completes', async (kind) => {
  const proxy = await Proxy.start(server.port);
  cleanUp.push(() => proxy.stop());
  const counting = make({ kind, changes: { port: proxy.port }, superuserChanges: { port: proxy.port } });
  proxy.cutAtWrite(Infinity);
  await counting.rotate();
  const { writes } = proxy;
  expect(writes).toBeGreaterThan(10);
  for (let n = 1; n <= writes; n++) {
    const h = make({ kind, changes: { port: proxy.port }, superuserChanges: { port: proxy.port } });
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    proxy.cutAtWrite(n);
    for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) {
      await h.step(rotation, step).catch(() => h.step(rotation, step));
    }
    expect(h.account.password).toBe(h.login('AWSCURRENT').password);
  }
});

describe('what AWS\'s rotation function for SQL Server gets wrong', () => {
  test('it falls back to a connection without TLS if the one with TLS fails. A wrong certificate ends this one', async () => {
    const wrong = await another({ tls: 'unknownCa', plaintext: true });
    const h = make({ changes: { port: wrong.port }, config: { certificateAuthority: wrong.ca } });
    expect(await messageOf(h)).toMatch(/^TlsError: /);
    expect(wrong.plaintextLogins).toEqual([]);
  });

  test('it gives the password of AWSCURRENT as the old one if only that of AWSPREVIOUS works. This one gives the one that works', async () => {
    const h = make();
    await h.rotate();
    h.account.password = h.login('AWSPREVIOUS').password;
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('it takes every user of a contained database for a contained one. This one asks the server', async () => {
    const h = make({ changes: { dbname: SHOP } });
    server.asRootIn(SHOP, `CREATE USER ${identifier(h.user.username)} FOR LOGIN ${identifier(h.user.username)}`);
    await h.rotate();
    expect(h.sent.filter((batch) => batch.startsWith('ALTER'))[0]).toMatch(/^ALTER LOGIN/);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('it tries the pending password first, which is a wrong one in every rotation. This one tries that of AWSCURRENT', async () => {
    const h = make();
    const from = server.logins.length;
    await h.rotate();
    expect(server.logins.slice(from).every(({ isAccepted }) => isAccepted)).toBe(true);
  });

  test('it can leave a pending password with the name of the user in it, which the server refuses for ever', () => {
    // The test "a generated password never has the name of the user in it" shows that this one doesn't.
    server.asRoot('CREATE LOGIN ann WITH PASSWORD = \'First-password-1\'');
    expect(() => server.asRoot('ALTER LOGIN ann WITH PASSWORD = N\'xxaNNxx-Password-1\'')).toThrow(/not complex enough/);
  });
});
