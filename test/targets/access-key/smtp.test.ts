import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deadline } from '../../../lambda-src/rotation/deadline';
import { smtpPassword } from '../../../lambda-src/targets/access-key/ses-smtp/password';
import { logIn } from '../../../lambda-src/targets/access-key/ses-smtp/smtp';
import { smtpServer } from '../../../lambda-src/targets/access-key/ses-smtp/target';
import { SmtpTestServer } from '../../../servers/stand-ins/smtp-server';
import { makeCertificate, type ServerCertificate } from '../../../tools/servers/certificates';

const CREDENTIAL = { id: 'AKIA1', secret: 'BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9' };

const folder = mkdtempSync(join(tmpdir(), 'smtp-'));
const certificates: Record<string, ServerCertificate> = {};
beforeAll(async () => {
  for (const tls of ['good', 'wrongHost', 'expired', 'unknownCa'] as const) { certificates[tls] = await makeCertificate(join(folder, tls), tls); }
});
afterAll(() => { rmSync(folder, { recursive: true }); });

const cleanUp: (() => Promise<unknown>)[] = [];
const environment = { ...process.env };
afterEach(async () => {
  process.env = { ...environment };
  await Promise.all(cleanUp.splice(0).map((end) => end()));
});

const deadline = () => new Deadline(() => 30_000);

async function serve({ tls = 'good', methods = ['PLAIN', 'LOGIN'] }: { tls?: string; methods?: string[] } = {}) {
  const server = await SmtpTestServer.start(certificates[tls], (user, password) => user === CREDENTIAL.id && password === CREDENTIAL.secret, methods);
  cleanUp.push(() => server.stop());
  return { server, at: { host: 'localhost', port: server.port, ca: certificates[tls].ca } };
}

/** A server without TLS that handles connections with a given function. */
async function serveRaw(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
    cleanUp.push(async () => { socket.destroy(); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanUp.push(() => new Promise((resolve) => { server.close(resolve); }));
  return (server.address() as AddressInfo).port;
}

test('derives the password of the documentation', () => {
  // The key in https://docs.aws.amazon.com/IAM/latest/UserGuide/security-creds.html
  expect(smtpPassword('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'us-east-1')).toBe(CREDENTIAL.secret);
  expect(smtpPassword('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'eu-west-1')).not.toBe(CREDENTIAL.secret);
});

test('case 43: a login works, and no mail is sent', async () => {
  const { server, at } = await serve();
  expect(await logIn(at, CREDENTIAL, deadline())).toBe(true);
  expect([server.logins, server.mails]).toEqual([1, 0]);
});

test('case 44: another password is refused', async () => {
  const { at } = await serve();
  expect(await logIn(at, { ...CREDENTIAL, secret: 'other' }, deadline())).toBe(false);
});

test.each([[454, 'ConnectivityError'], [421, 'ConnectivityError'], [530, 'TargetRefusedError'], [534, 'TargetRefusedError']])('an error for the answer %i has nothing of the password', async (code, name) => {
  const { server, at } = await serve();
  server.refusesWith = code;
  await expect(logIn(at, { ...CREDENTIAL, secret: 'other' }, deadline())).rejects.toMatchObject({ name, message: expect.stringMatching(new RegExp(`answered AUTH with ${code}`)) });
});

test('sends no password to a server without AUTH PLAIN', async () => {
  const { server, at } = await serve({ methods: ['LOGIN'] });
  await expect(logIn(at, CREDENTIAL, deadline())).rejects.toMatchObject({ name: 'TargetRefusedError', message: expect.stringContaining('AUTH PLAIN') });
  expect(server.logins).toBe(0);
});

describe('case 66: the certificate is verified before anything is sent', () => {
  test.each(['wrongHost', 'expired'])('%s', async (tls) => {
    const { server, at } = await serve({ tls });
    await expect(logIn(at, CREDENTIAL, deadline())).rejects.toMatchObject({ name: 'TlsError', message: expect.stringContaining('no credential was sent') });
    expect(server.logins).toBe(0);
  });

  test('of an unknown authority', async () => {
    const { server, at: { host, port } } = await serve();
    await expect(logIn({ host, port }, CREDENTIAL, deadline())).rejects.toMatchObject({ name: 'TlsError' });
    await expect(logIn({ host, port, ca: certificates.unknownCa.ca }, CREDENTIAL, deadline())).rejects.toMatchObject({ name: 'TlsError' });
    expect(server.logins).toBe(0);
  });

  test('case 66: of a server without TLS', async () => {
    let received = '';
    const port = await serveRaw((socket) => {
      socket.write('220 ready\r\n');
      socket.on('data', (chunk) => { received += chunk.toString(); });
    });
    await expect(logIn({ host: '127.0.0.1', port }, CREDENTIAL, deadline())).rejects.toMatchObject({ name: 'TlsError' });
    expect(received).not.toContain('EHLO');
  });
});

describe('case 29: a server that can not be reached', () => {
  test('refuses the connection', async () => {
    const port = await serveRaw(() => {});
    await Promise.all(cleanUp.splice(0).map((end) => end()));
    await expect(logIn({ host: '127.0.0.1', port }, CREDENTIAL, deadline())).rejects.toMatchObject({
      name: 'ConnectivityError', message: expect.stringMatching(/ECONNREFUSED.*interface endpoint for email-smtp/),
    });
  });

  test('closes the connection', async () => {
    const port = await serveRaw((socket) => { socket.destroy(); });
    await expect(logIn({ host: '127.0.0.1', port }, CREDENTIAL, deadline())).rejects.toMatchObject({ name: 'ConnectivityError' });
  });

  test('sends nothing, for five seconds', async () => {
    const port = await serveRaw(() => {});
    await expect(logIn({ host: '127.0.0.1', port }, CREDENTIAL, deadline())).rejects.toMatchObject({ name: 'ConnectivityError', message: expect.stringContaining('time-out') });
  }, 10_000);
});

test('case 33: a login ends with the deadline', async () => {
  const port = await serveRaw(() => {});
  const short = new Deadline(() => 1_200);
  let login: Promise<unknown> | undefined;
  await expect(short.run('testSecret', () => login = logIn({ host: '127.0.0.1', port }, CREDENTIAL, short))).rejects.toMatchObject({ name: 'StepTimeoutError' });
  await expect(login).rejects.toMatchObject({ name: 'ConnectivityError', message: expect.stringContaining('closed') });
});

describe('the address', () => {
  test.each([
    ['eu-west-1', false, 'email-smtp.eu-west-1.amazonaws.com'],
    ['us-gov-west-1', false, 'email-smtp.us-gov-west-1.amazonaws.com'],
    ['us-gov-west-1', true, 'email-smtp-fips.us-gov-west-1.amazonaws.com'],
    ['us-east-1', true, 'email-smtp-fips.us-east-1.amazonaws.com'],
    ['cn-north-1', false, 'email-smtp.cn-north-1.amazonaws.com.cn'],
  ])('in %s (FIPS: %s) is %s', (region, fips, host) => {
    process.env.AWS_USE_FIPS_ENDPOINT = String(fips);
    expect(smtpServer(region)).toEqual({ host, port: 465 });
  });

  test('may be changed for tests, but not to a server without TLS; the endpoint of other services has no effect', () => {
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    expect(smtpServer('eu-west-1')).toMatchObject({ port: 465 });
    process.env.AWS_ENDPOINT_URL_SES_SMTP = 'smtps://localhost:2465';
    expect(smtpServer('eu-west-1')).toEqual({ host: 'localhost', port: 2465 });
    process.env.AWS_ENDPOINT_URL_SES_SMTP = 'smtp://localhost:25';
    expect(() => smtpServer('eu-west-1')).toThrow('is not smtps://HOST:PORT');
  });
});
