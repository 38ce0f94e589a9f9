/* The rotation contract's cases of connections, on real servers: unreachable servers, untrusted certificates, and refusals. */
import * as net from 'node:net';
import nodeTls from 'node:tls';
import { created, dialledVersions, fails } from './failing';
import { DatabaseHarness, letsIn, makeUser, MARIADB, MYSQL, POSTGRES, REDSHIFT, run, speaksPostgres, STRATEGIES, type DatabaseHarnessOptions } from './fixture';
import { md5Verifier } from '../../../../lambda-src/targets/database/postgres-protocol';
import { Proxy, type DatabaseServer, type ServerTls } from '../../../../servers';
import { connect } from '../../../../servers/clients';

const UNREACHABLE = /The database server can't be reached, or doesn't answer in time.*security groups/;

describe.each([POSTGRES, MARIADB, MYSQL, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  let proxy: Proxy;
  beforeAll(async () => {
    server = await kind.start();
    proxy = await Proxy.start(server.port);
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, options);
  /** All connections go through the proxy. */
  const throughProxy = (strategy: DatabaseHarnessOptions['strategy']) => make({ strategy, changes: { port: proxy.port }, superuserChanges: { port: proxy.port } });

  test.each(STRATEGIES)('case 29: %s: a server that is down fails as connectivity, not as a wrong password', async (strategy) => {
    const h = await throughProxy(strategy);
    const rotation = await created(h);
    await proxy.refuse();
    for (const step of ['setSecret', 'testSecret'] as const) {
      h.dialled.length = 0;
      await fails(h, h.step(rotation, step), 'ConnectivityError', /ECONNREFUSED.*security groups/);
      expect(dialledVersions(h)).toEqual([step === 'setSecret' ? 'AWSCURRENT' : 'AWSPENDING']);
    }
    await proxy.forward();
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 29: a name that is not resolved fails as connectivity', async () => {
    const h = await make({ changes: { host: 'no-such-host.invalid' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /\((ENOTFOUND|EAI_AGAIN)\)/);
    expect(dialledVersions(h)).toEqual(['AWSCURRENT']);
  });

  test('case 29: a server that accepts connections and sends nothing fails as connectivity, in time', async () => {
    const h = await throughProxy('singleUser');
    const rotation = await created(h);
    proxy.blackHole();
    const start = Date.now();
    try {
      await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', UNREACHABLE);
    } finally {
      await proxy.forward();
    }
    expect(Date.now() - start).toBeLessThan(6_500);
    expect(dialledVersions(h)).toEqual(['AWSCURRENT']);
  });

  test('waits for a server that wakes up for seconds, such as a paused Aurora, while the step has time', async () => {
    const sleepy = net.createServer((client) => {
      client.on('error', () => {});
      setTimeout(() => {
        const upstream = net.connect(server.port, '127.0.0.1');
        upstream.on('error', () => {});
        client.on('close', () => upstream.destroy()).pipe(upstream).pipe(client);
      }, 6_000);
    });
    await new Promise<void>((resolve) => { sleepy.listen(0, '127.0.0.1', resolve); });
    try {
      const h = await make({ changes: { port: (sleepy.address() as net.AddressInfo).port } });
      const rotation = await created(h);
      h.remaining = 60_000;
      await h.step(rotation, 'setSecret');
      expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
    } finally {
      sleepy.close();
    }
  }, 60_000);

  test('case 29: a server that is no database fails, and gets no credential', async () => {
    let heard = '';
    const other = net.createServer((socket) => {
      socket.on('error', () => {}).on('data', (data) => { heard += data.toString('latin1'); });
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => { other.listen(0, '127.0.0.1', resolve); });
    try {
      const h = await make({ changes: { port: (other.address() as net.AddressInfo).port } });
      h.remaining = 8_000;
      await fails(h, h.step(await created(h), 'setSecret'), '(ConnectivityError|UnexpectedError|TlsError)', /database server|PostgreSQL|Redshift/);
      expect(heard).not.toContain(h.user.username);
    } finally {
      other.close();
    }
  });

  test('a certificate is for a name: an address of the same server fails as TLS, and nothing is sent, unless the certificate has it', async () => {
    const h = await make({ changes: { host: '127.0.0.1' } });
    const rotation = await created(h);
    if (speaksPostgres(server)) {
      await h.step(rotation, 'setSecret');
    } else {
      await fails(h, h.step(rotation, 'setSecret'), 'TlsError', /is an address, and a certificate is for a name/);
    }
  });

  test('case 66: a given authority is the only one that is trusted', async () => {
    const other = await kind.start();
    try {
      const h = await make({ config: { certificateAuthority: other.ca } });
      await fails(h, h.step(await created(h), 'setSecret'), 'TlsError', /is not trusted/);
      expect(dialledVersions(h)).toEqual(['AWSCURRENT']);
    } finally {
      await other.stop();
    }
  });

  test.each(STRATEGIES)('%s: all connections of a function have one TLS context, whose certificates are memory that V8 does not count', async (strategy) => {
    const h = await make({ strategy });
    const contexts = jest.spyOn(nodeTls, 'createSecureContext');
    try {
      await h.steps(await created(h), 'setSecret', 'testSecret', 'finishSecret');
      expect(h.dialled.length).toBeGreaterThan(1);
      expect(contexts.mock.calls.filter(([options]) => options?.ca === server.ca).length).toBe(1);
    } finally {
      contexts.mockRestore();
    }
  });

  test('case 67: plaintext to a server that requires TLS fails as refused', async () => {
    const h = await make({ config: { plaintextConnection: true } });
    await fails(h, h.step(await created(h), 'setSecret'), '(TargetRefusedError|AuthenticationError)', /28000|ER_SECURE_TRANSPORT_REQUIRED|does not accept/);
  });

  test('too many connections fail as refused', async () => {
    const user = { username: 'crowded', password: 'password-of-crowded' };
    await makeUser(server, user);
    await run(server, server.root, speaksPostgres(server) ? 'ALTER USER crowded CONNECTION LIMIT 1' : 'ALTER USER crowded WITH MAX_USER_CONNECTIONS 1');
    const first = await connect(server, { login: user });
    try {
      const h = await make({ user });
      await fails(h, h.step(h.start({ rotateImmediately: false }), 'testSecret'), 'TargetRefusedError',
        /refused with (53300\. .*of the user \(CONNECTION LIMIT\)\. Raise the limit|ER_USER_LIMIT_REACHED\. .*MAX_USER_CONNECTIONS\)\. Raise the limit|ER_TOO_MANY_USER_CONNECTIONS\. .*Raise its limit)/);
    } finally {
      await first.close();
    }
  });
});

const BAD: [ServerTls, RegExp][] = [
  ['none', /does not take connections with TLS, so no credential was sent\. Turn TLS on/],
  ['wrongHost', /is not trusted \(\w+\), so no credential was sent/],
  ['expired', /is not trusted \(\w+\), so no credential was sent/],
  ['unknownCa', /is not trusted \(\w+\), so no credential was sent/],
];

describe.each([POSTGRES, MARIADB, MYSQL, REDSHIFT])('case 66: $name', (kind) => {
  test.each(BAD)('a server whose TLS is %s fails as TLS, and gets nothing of the user', async (tls, text) => {
    const server = await kind.start({ tls, plaintext: true });
    const ears = await Ears.listen(server.port);
    try {
      for (const strategy of STRATEGIES) {
        const user = { username: 'in_the_clear', password: 'never-to-be-heard' };
        const h = await DatabaseHarness.make(server, { user, strategy, changes: { port: ears.port }, superuserChanges: { port: ears.port } });
        const rotation = await created(h);
        for (const step of ['setSecret', 'testSecret'] as const) {
          await fails(h, h.step(rotation, step), 'TlsError', text);
        }
        expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSPENDING']);
        expect(ears.connections).toBe(2);
        expect(ears.heard).not.toContain(user.username);
        expect(ears.heard).not.toContain(user.password);
        // Neither in what the server could decrypt.
        expect(await server.logs()).not.toContain(user.username);
        ears.connections = 0;
      }
    } finally {
      await ears.close();
      await server.stop();
    }
  });

  test('case 67: plaintext works on request', async () => {
    const server = await kind.start({ tls: 'none' });
    const ears = await Ears.listen(server.port);
    try {
      const user = { username: 'in_the_clear', password: 'to-be-heard-as-hash' };
      const admin = await connect(server, { tls: 'plaintext' });
      if (server.engine === 'redshift') { await admin.query(`CREATE USER in_the_clear PASSWORD '${md5Verifier(user.password, user.username)}'`); } else {
        await admin.query(server.engine === 'postgres' ? `CREATE ROLE in_the_clear LOGIN PASSWORD '${user.password}'` : `CREATE USER in_the_clear IDENTIFIED BY '${user.password}'`);
        await admin.query(server.engine === 'postgres' ? 'GRANT CREATE ON DATABASE app TO in_the_clear' : 'GRANT SELECT ON app.* TO in_the_clear');
      }
      await admin.close();
      const h = await DatabaseHarness.make(server, {
        user, changes: { port: ears.port }, config: { plaintextConnection: true, certificateAuthority: undefined },
      });
      await h.rotate();
      const client = await connect(server, { tls: 'plaintext', login: h.login('AWSCURRENT') });
      await client.close();
      expect(ears.heard).toContain(user.username);
    } finally {
      await ears.close();
      await server.stop();
    }
  });
});

/** Forwards, and records what clients sent. */
class Ears {
  public static async listen(target: number): Promise<Ears> {
    const ears = new Ears(target);
    await new Promise<void>((resolve) => { ears.server.listen(0, '127.0.0.1', resolve); });
    return ears;
  }

  public heard = '';
  public connections = 0;
  private readonly sockets = new Set<net.Socket>();
  private readonly server = net.createServer((client) => {
    this.connections++;
    const upstream = net.connect(this.target, '127.0.0.1');
    this.sockets.add(client).add(upstream);
    client.on('data', (data) => { this.heard += data.toString('latin1'); });
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });

  private constructor(private readonly target: number) {}

  public get port(): number { return (this.server.address() as net.AddressInfo).port; }

  public async close(): Promise<void> {
    for (const socket of this.sockets) { socket.destroy(); }
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}
