/*
 * The client, before a server that doesn't behave: it never hangs, and throws only errors of its own, without what it was sent.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { connectRedis } from '../../lambda-src/redis/connection';
import { logIn } from '../../lambda-src/redis/session';
import { Deadline } from '../../lambda-src/rotation/deadline';
import { ConnectivityError, RotationError, StepTimeoutError } from '../../lambda-src/rotation/errors';
import { makeCertificate, type ServerCertificate } from '../../tools/servers/certificates';

const LOGIN = { username: 'the-user', password: 'the-password-of-the-user' };
const SAID = 'what-only-the-server-says';

let folder: string;
let certificate: ServerCertificate;
let server: Server;
let behave: (socket: TLSSocket) => void;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redis-'));
  certificate = await makeCertificate(folder, 'good');
  server = createServer({ cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile) }, (socket) => {
    socket.on('error', () => undefined);
    behave(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const node = () => ({ name: 'The server', host: 'localhost', port: (server.address() as AddressInfo).port });

/** Logs in and looks at a user, with 3 seconds for it. */
async function use(remaining = 3_000): Promise<unknown> {
  const deadline = new Deadline(() => remaining);
  return deadline.run('setSecret', async () => {
    const session = await logIn(connectRedis, node(), certificate.ca, LOGIN, deadline);
    try {
      return await session.user('another');
    } finally {
      session.close();
    }
  });
}

async function failure(remaining?: number): Promise<Error> {
  const error = await use(remaining).then(() => { throw new Error('It succeeded'); }, (thrown: Error) => thrown);
  expect(error).toBeInstanceOf(RotationError);
  const said = inspect(error, { depth: 9, showHidden: true });
  for (const secret of [LOGIN.password, LOGIN.username, SAID]) { expect(said).not.toContain(secret); }
  return error;
}

/** Answers the n-th command with the n-th reply, and later ones with the last. */
function answering(...replies: string[]): (socket: TLSSocket) => void {
  return (socket) => {
    let commands = 0;
    socket.on('data', () => { socket.write(replies[Math.min(commands++, replies.length - 1)]); });
  };
}

test('reads what a server says of a user', async () => {
  const hash = 'a'.repeat(64);
  behave = answering('+OK\r\n', '$8\r\nthe-user\r\n', `*4\r\n$5\r\nflags\r\n*1\r\n$2\r\non\r\n$9\r\npasswords\r\n*1\r\n$64\r\n${hash}\r\n`);
  await expect(use()).resolves.toEqual({ isOn: true, isWithoutPassword: false, passwordHashes: [hash] });
});

test('two commands at once get their own replies, one after the other', async () => {
  behave = answering('+one\r\n', '+two\r\n');
  const connection = await connectRedis(node(), certificate.ca, new Deadline(() => 3_000));
  try {
    expect(await Promise.all([connection.command('FIRST'), connection.command('SECOND')])).toEqual(['one', 'two']);
  } finally {
    connection.close();
  }
});

test.each<[string, string[], string, RegExp]>([
  ['another protocol', [`HTTP/1.1 400 ${SAID}\r\n`], 'ConnectivityError', /speaks another protocol than Redis/],
  ['a huge reply', ['$999999999\r\n'], 'ConnectivityError', /speaks another protocol/],
  ['two replies to a command', ['+OK\r\n+OK\r\n'], 'ConnectivityError', /sent a reply without a command/],
  ['an odd reply', [`+${SAID}\r\n`], 'ConnectivityError', /answers AUTH differently from Redis and Valkey/],
  ['another user than it was asked for', ['+OK\r\n', `$${SAID.length}\r\n${SAID}\r\n`], 'TargetRefusedError', /accepts the credentials as those of another user/],
  ['a user without passwords in it', ['+OK\r\n', '-NOPERM x\r\n', `*2\r\n+flags\r\n+${SAID}\r\n`], 'ConnectivityError', /answers ACL GETUSER differently/],
  ['passwords that are no hashes', ['+OK\r\n', '-NOPERM x\r\n', `*4\r\n+flags\r\n*1\r\n+on\r\n+passwords\r\n*1\r\n+${SAID}\r\n`], 'ConnectivityError', /answers ACL GETUSER/],
  ['an error with the command in it', [`-ERR unknown command 'AUTH', with args beginning with: ${LOGIN.password} ${SAID}\r\n`], 'TargetRefusedError', /refused AUTH with ERR\. It has no such/],
  ['an error that looks like a code', [`-${SAID.toUpperCase()}_AND_LONGER_THAN_ANY_CODE x\r\n`], 'TargetRefusedError', /refused AUTH with ERR\. Read the log/],
  ['that it is starting', ['-LOADING Redis is loading the dataset in memory\r\n'], 'TargetRefusedError', /refused AUTH with LOADING\. The server is starting/],
])('a server that answers with %s', async (_, replies, name, text) => {
  behave = answering(...replies);
  const error = await failure();
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*${text.source}`));
});

test('a server that says why it refuses the connection, before any command', async () => {
  behave = (socket) => { socket.resume().write(`-DENIED ${SAID}\r\n`); };
  expect((await failure()).message).toMatch(/refused AUTH with DENIED\. The server is in protected mode/);
});

test.each<[string, (socket: TLSSocket) => void]>([
  ['says nothing', () => undefined],
  ['begins a reply and doesn\'t end it', (socket) => { socket.write('$100\r\nabc'); }],
  ['sends a byte from time to time', (socket) => {
    const timer = setInterval(() => { socket.write('1'); }, 50);
    socket.write('$100000\r\n');
    socket.once('close', () => { clearInterval(timer); });
  }],
])('a server that %s fails the step in time, and its connection is closed', async (_, begin) => {
  const closed = new Promise((resolve) => {
    behave = (socket) => {
      // Without a reader, the end isn't noticed.
      socket.once('close', resolve).resume();
      begin(socket);
    };
  });
  expect(await failure(1_600)).toBeInstanceOf(StepTimeoutError);
  await closed;
});

test('a server that closes the connection', async () => {
  behave = (socket) => { socket.once('data', () => { socket.destroy(); }); };
  expect(await failure()).toBeInstanceOf(ConnectivityError);
});

test('a fuzz: whatever bytes it answers with, it ends in time with an error of its own', async () => {
  let state = 11;
  const random = (below: number) => {
    state = state * 48_271 % 2_147_483_647;
    return state % below;
  };
  const alphabet = '+-:$*\r\n0123456789OKERAUTH ';
  for (let run = 0; run < 60; run++) {
    const replies = Array.from({ length: 3 }, (_, n) => n === 0 && random(2) === 0 ? '+OK\r\n' : Array.from({ length: 1 + random(30) }, () => alphabet[random(alphabet.length)]).join(''));
    behave = (socket) => {
      let commands = 0;
      socket.on('data', () => { socket.end(replies[commands++ % 3]); });
    };
    await failure();
  }
});
