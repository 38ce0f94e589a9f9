/*
 * The file that Lambda runs, in a process of its own. It logs in with the driver to listeners that speak as much of Oracle's protocol as a refusal
 * needs. No server is behind them.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { rotate, SecretsManagerServer, SecretsManagerSimulator, type RotationResult } from '../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../src/contract';
import type { DatabaseTargetConfig } from '../../../../src/targets/database/contract';
import { FunctionProcess } from '../../../../tools/function-process';
import { makeCertificate, type ServerCertificate } from '../../../../tools/servers/certificates';
import type { ServerTls } from '../../../../tools/servers/server';

const ROOT = join(__dirname, '..', '..', '..', '..');
const USER = { username: 'app', password: 'first-password-of-all' };

jest.setTimeout(60_000);

const cleanUp: (() => unknown)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

interface Listener {
  readonly port: number;
  /** The authority of its certificate. */
  readonly ca?: string;
  /** What it got. */
  received: string;
}

/** https://github.com/oracle/node-oracledb/blob/main/lib/thin/sqlnet/packet.js: a packet of the type REFUSE. */
function refusePacket(code: number): Buffer {
  const text = `(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`;
  const packet = Buffer.alloc(12 + text.length);
  packet.writeUInt16BE(packet.length, 0);
  packet[4] = 4;
  packet.writeUInt16BE(text.length, 10);
  packet.write(text, 12);
  return packet;
}

/** A packet of the type REDIRECT. */
function redirectPacket(port: number): Buffer {
  const text = `(ADDRESS=(PROTOCOL=tcp)(HOST=localhost)(PORT=${port}))`;
  const packet = Buffer.alloc(10 + text.length);
  packet.writeUInt16BE(packet.length, 0);
  packet[4] = 5;
  packet.writeUInt16BE(text.length, 8);
  packet.write(text, 10);
  return packet;
}

/** A packet of the type ACCEPT, for a connection without native network encryption. */
function acceptPacket(): Buffer {
  const packet = Buffer.alloc(45);
  packet.writeUInt16BE(packet.length, 0);
  packet[4] = 2;
  packet.writeUInt16BE(318, 8);
  packet.writeUInt16BE(packet.length, 20);
  packet.fill(4, 22, 24);
  packet.writeUInt32BE(8_192, 32);
  packet.writeUInt32BE(65_535, 36);
  return packet;
}

async function makeCertificateOf(tls: Exclude<ServerTls, 'none'>): Promise<ServerCertificate> {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  cleanUp.push(() => { rmSync(folder, { recursive: true }); });
  return makeCertificate(folder, tls);
}

async function listen(answer: (socket: Socket) => void, tls: ServerTls = 'good', options: TlsOptions = {}): Promise<Listener> {
  const certificate = tls === 'none' ? undefined : await makeCertificateOf(tls);
  const listener = { port: 0, received: '', ca: certificate?.ca };
  const serve = (socket: Socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      listener.received += data.toString('latin1');
      answer(socket);
    });
  };
  const server: Server = certificate
    ? createTlsServer({ cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile), ...options }, serve)
    : createServer(serve);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanUp.push(() => { server.close(); });
  listener.port = (server.address() as AddressInfo).port;
  return listener;
}

interface Outcome {
  readonly result: RotationResult;
  readonly output: string;
}

/** One attempt of a rotation by the asset. */
async function rotateAt(
  { port, ca }: Listener, config: Partial<DatabaseTargetConfig> = {}, changes: Record<string, unknown> = {}, environment: Record<string, string> = {},
): Promise<Outcome> {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ engine: 'oracle', host: 'localhost', port, dbname: 'ORCL', ...USER, ...changes }));
  const service = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => service.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(ROOT, 'assets', 'oracle'),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      ...environment,
      [CONFIG_VARIABLE]: serializeConfig({ target: 'oracle', passwordPolicy: { passwordLength: 30, excludeCharacters: '"' }, certificateAuthority: ca, ...config } as DatabaseTargetConfig),
    },
    functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => functionProcess.kill());
  const result = await rotate(simulator, arn, { invoke: (event) => functionProcess.invoke(event), attempts: 1 });
  for (const password of [USER.password, (JSON.parse(simulator.inspect(arn).value('AWSPENDING') as string) as typeof USER).password]) { expect(output).not.toContain(password); }
  return { result, output };
}

const refuse = (code: number) => (socket: Socket) => { socket.end(refusePacket(code)); };

test('case 66: logs in over TLS with the authority of the server, and reports what the listener refuses', async () => {
  const listener = await listen(refuse(12514));
  const { output, result } = await rotateAt(listener);
  expect(result.outcome).not.toBe('succeeded');
  expect(output).toContain('Oracle refused with NJS-518');
  expect(output).toContain('TargetRefusedError');
  expect(listener.received).toMatch(/\(ADDRESS=\(PROTOCOL=tcps\)\(HOST=localhost\)\(PORT=\d+\)\)/i);
  expect(listener.received).toContain('(SERVICE_NAME=ORCL)');
});

test.each<Exclude<ServerTls, 'none' | 'good'>>(['unknownCa', 'wrongHost', 'expired'])('case 66: a certificate that is not trusted (%s): nothing is sent', async (tls) => {
  const listener = await listen(refuse(12514), tls);
  const { output } = await rotateAt(listener);
  expect(output).toContain('TlsError');
  expect(output).toContain('certificate of the database server is not trusted');
  expect(listener.received).toBe('');
});

test('case 66: by default the authority has to be one of Node.js or of Amazon RDS', async () => {
  const listener = await listen(refuse(12514));
  const { output } = await rotateAt(listener, { certificateAuthority: undefined });
  expect(output).toContain('certificate of the database server is not trusted');
  expect(listener.received).toBe('');
});

test('case 66: a port without TLS: no credential is sent, and no plaintext connection follows', async () => {
  const listener = await listen((socket) => { socket.destroy(); }, 'none');
  const { output } = await rotateAt(listener);
  expect(output).toContain('TlsError');
  expect(output).toContain('does not take connections with TLS');
  expect(listener.received).not.toContain('SERVICE_NAME');
});

test.each<[string, TlsOptions]>([
  ['TLS 1.0 only', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
  ['ciphers that the function has not', { maxVersion: 'TLSv1.2', ciphers: 'CAMELLIA256-SHA:@SECLEVEL=0' }],
  ['a certificate of the client, TLS 1.2', { maxVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: true }],
  ['a certificate of the client, TLS 1.3', { minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true }],
])('case 66: a server with %s says what to set', async (_, options) => {
  const listener = await listen(refuse(12514), 'good', options);
  const { output } = await rotateAt(listener);
  expect(output).toContain('TlsError');
  expect(output).toMatch(/no version or cipher of TLS in common.*certificate of the client.*SQLNET.SSL_VERSION of the option SSL to 1\.2, and SQLNET.CIPHER_SUITE/);
  expect(listener.received).not.toContain(USER.username);
});

test('case 66: a port without TLS that does not answer the handshake', async () => {
  const listener = await listen(() => {}, 'none');
  const start = Date.now();
  const { output } = await rotateAt(listener);
  expect(output).toContain('ConnectivityError');
  expect(output).toContain('the port is one with TLS');
  expect(listener.received).not.toContain('SERVICE_NAME');
  expect(Date.now() - start).toBeLessThan(15_000);
});

test('a server that requires native network encryption', async () => {
  let isAccepted = false;
  const listener = await listen((socket) => {
    if (isAccepted) { socket.end(); } else { socket.write(acceptPacket()); }
    isAccepted = true;
  }, 'none');
  const { output } = await rotateAt(listener, { plaintextConnection: true });
  expect(output).toContain('ConnectivityError');
  expect(output).toContain('native network encryption');
});

test('the packets of the driver, which have passwords, are never printed', async () => {
  const listener = await listen(refuse(12514));
  const { output } = await rotateAt(listener, {}, {}, { NODE_ORACLEDB_DEBUG_PACKETS: '1' });
  expect(output).toContain('NJS-518');
  expect(output.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
});

test('case 66: a listener with TLS that sends the function to a port without it: nothing is sent there', async () => {
  const plain = await listen(refuse(12528), 'none');
  const listener = await listen((socket) => { socket.write(redirectPacket(plain.port)); });
  const { output } = await rotateAt(listener);
  expect(listener.received).toContain('SERVICE_NAME');
  expect(output).toContain('TlsError');
  expect(plain.received).toBe('');
});

test('case 67: plaintextConnection connects without TLS', async () => {
  const listener = await listen(refuse(12528), 'none');
  const { output } = await rotateAt(listener, { plaintextConnection: true });
  expect(output).toContain('Oracle refused with ORA-12528');
  expect(listener.received).toMatch(/\(PROTOCOL=tcp\)/i);
});

test('case 29: a listener that answers nothing fails as connectivity, in time', async () => {
  const listener = await listen(() => {}, 'none');
  const start = Date.now();
  const { output } = await rotateAt(listener, { plaintextConnection: true });
  expect(output).toContain('ConnectivityError');
  expect(output).toContain('NJS-510');
  expect(Date.now() - start).toBeLessThan(15_000);
});

test('case 29: a server that takes the connection and does not answer the login fails as connectivity, in time', async () => {
  let isAccepted = false;
  const listener = await listen((socket) => {
    if (!isAccepted) { socket.write(acceptPacket()); }
    isAccepted = true;
  });
  const start = Date.now();
  const { output } = await rotateAt(listener);
  expect(output).toContain('ConnectivityError');
  expect(output).toContain('took the connection, and does not answer the login');
  expect(Date.now() - start).toBeLessThan(20_000);
  expect(listener.received).not.toContain(USER.password);
});

test('case 29: a server that ends the connection during the login fails as connectivity', async () => {
  let isAccepted = false;
  const listener = await listen((socket) => {
    if (isAccepted) { socket.destroy(); } else { socket.write(acceptPacket()); }
    isAccepted = true;
  });
  const { output } = await rotateAt(listener);
  expect(output).toContain('ConnectivityError');
  expect(output).toContain('NJS-5');
});

test.each([['(HOST=other)', 'host'], ['ORCL)(SECURITY=(SSL_SERVER_DN_MATCH=OFF)', 'dbname']])('%s as a part of the connect descriptor is refused', async (text, key) => {
  const listener = await listen(refuse(12514));
  const { output } = await rotateAt(listener, {}, { [key]: text });
  expect(output).toContain('SecretValueError');
  expect(output).toContain(`The key \\"${key}\\"`);
  expect(listener.received).toBe('');
});

test('a secret without dbname says what is missing', async () => {
  const listener = await listen(refuse(12514));
  const { output } = await rotateAt(listener, {}, { dbname: undefined });
  expect(output).toContain('The key \\"dbname\\" is missing');
});
