/* Boundaries are independent of how the code sends, and a rehearsal leaves nothing behind. */
import { spawnSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { FIRST, KeyApi, type Value } from './api';
import { callerOf, correctModule, expectStatus, keyPath, type Call, type Context } from './module';
import { rehearse } from '../../rehearsal';
import { Boundaries, Invocation, type Ending } from '../../rehearsal/boundaries';
import { runInProcess, watchSockets } from '../../rehearsal/in-process';

let api: KeyApi;
beforeAll(async () => { api = await KeyApi.start(3); });
afterAll(() => api.stop());

const options = () => ({
  secret: () => api.reset(),
  generateStringKey: 'apiKey',
  passwordPolicy: { excludePunctuation: true },
  accepts: ({ apiKey }: Value) => api.keys.has(apiKey),
  state: () => [...api.keys],
});

/** One connection, kept. A rehearsal that lost it would wait forever. */
function oneConnection(agent: Agent): Call {
  return (method, path, apiKey, body) => new Promise((resolve, reject) => {
    const sent = request(`${api.url}${path}`, { agent, method, headers: { authorization: `Bearer ${apiKey}` } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => resolve({ status: response.statusCode!, body: text })).on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

test('node:http, with one connection that is kept', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const report = await rehearse(correctModule(oneConnection(agent)), options());
  agent.destroy();
  expect(report.findings).toEqual([]);
  expect(report.boundaries).toBe(5);
});

/** Sends one message, waits for the answer, and closes, as database drivers do. The close gets no answer. */
function converse(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\n`));
    let answer: string | undefined;
    socket.on('error', reject).on('close', () => answer === undefined ? reject(new Error('closed')) : resolve(answer)).once('data', (data) => {
      answer = data.toString().trim();
      socket.end('QUIT\n');
    });
  });
}

describe('a protocol of its own, over TCP', () => {
  let server: Server;
  let keys = new Set<string>();
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {});
      createInterface({ input: socket }).on('line', (line) => {
        const [word, key] = line.split(' ');
        const known = keys.has(key);
        if (word === 'QUIT') { return void socket.end(); }
        if (word === 'ADD') { keys.add(key); }
        if (word === 'DROP') { keys.delete(key); }
        socket.write(known || word === 'DROP' ? 'yes\n' : 'no\n');
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  });
  afterAll(() => new Promise((resolve) => { server.close(resolve); }));

  const withServer = () => ({
    ...options(),
    secret: () => {
      keys = new Set([FIRST.apiKey]);
      return FIRST;
    },
    accepts: ({ apiKey }: Value) => keys.has(apiKey),
    state: () => keys,
  });

  const say = (line: string) => new Promise<string>((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', reject).on('close', () => reject(new Error('closed'))).once('data', (data) => {
      resolve(data.toString().trim());
      socket.destroy();
    });
    socket.end(`${line}\n`);
  });

  test('with a close that gets no answer: losing it is no swallowed error', async () => {
    const ask = (line: string) => converse((server.address() as AddressInfo).port, line);
    const target = {
      async setSecret({ pending }: Context) { await ask(`ADD ${pending.value.apiKey}`); },
      async testSecret({ pending }: Context) {
        if (await ask(`ASK ${pending.value.apiKey}`) !== 'yes') { throw new Error('refused'); }
      },
      async finishSecret({ previous }: Context) {
        if (previous) { await ask(`DROP ${previous.value.apiKey}`); }
      },
    };
    const { findings } = await rehearse(target, withServer());
    expect(findings).toEqual([]);
  });

  test('is stopped too, and described by size and address', async () => {
    const target = {
      async setSecret({ pending }: Context) {
        if (await say(`ADD ${pending.value.apiKey}`) !== 'no') { throw new Error('there already'); }
      },
      async testSecret({ pending }: Context) {
        if (await say(`ASK ${pending.value.apiKey}`) !== 'yes') { throw new Error('refused'); }
      },
    };
    const { findings } = await rehearse(target, withServer());
    expect(findings).toEqual([expect.objectContaining({ kind: 'retryFails', step: 'setSecret', where: expect.stringMatching(/^in setSecret, after \d+ bytes to .* was done/) })]);
  });
});

describe('an invocation', () => {
  const endings = new Map<Ending, string>([['diedBefore', 'died'], ['diedAfter', 'died'], ['cutBefore', 'ECONNRESET'], ['cutAfter', 'ECONNRESET']]);

  test.each([...endings])('%s: the code sees %s, and can do nothing more if it died', async (ending, seen) => {
    api.reset();
    const call = callerOf(api.url);
    const stop = watchSockets();
    const boundaries = new Boundaries({ index: 0, ending });
    const invocation = new Invocation('setSecret', boundaries);
    let leftover: Promise<unknown> | undefined;
    try {
      const first = () => call('PUT', keyPath('added-key'), FIRST.apiKey);
      const outcome = runInProcess(invocation, async () => {
        leftover = first().catch(async (error: Error & { cause?: { code?: string } }) => {
          const again = await call('PUT', keyPath('leftover-key'), FIRST.apiKey).then(() => true, () => false);
          return { code: error.cause?.code, again };
        });
        return leftover;
      });
      if (seen === 'died') {
        await expect(outcome).rejects.toThrow('The function died');
        expect(await leftover).toMatchObject({ again: false });
      } else {
        expect(await outcome).toEqual({ code: seen, again: true });
      }
    } finally {
      stop();
    }
    expect(api.keys.has('added-key')).toBe(ending.endsWith('After'));
    expect(boundaries.reached[0]).toMatchObject({ step: 'setSecret', what: 'PUT /keys/added-key', own: false });
  });

  test.each([...endings])('%s: over TLS too', async (ending, seen) => {
    const heard: string[] = [];
    const psk = Buffer.from('0123456789abcdef');
    // A shared key, and no certificate.
    const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
    const server = createTlsServer({ ...shared, pskCallback: () => psk }, (socket) => {
      socket.on('error', () => {}).on('data', (data) => {
        heard.push(data.toString());
        socket.write('yes');
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const stop = watchSockets();
    const ask = () => new Promise<string>((resolve, reject) => {
      const socket = connectTls({
        ...shared, port: (server.address() as AddressInfo).port, host: '127.0.0.1', pskCallback: () => ({ psk, identity: 'me' }), checkServerIdentity: () => undefined,
      }, () => socket.write('please'));
      socket.on('error', reject).on('close', () => reject(new Error('closed'))).once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    });
    const outcome = runInProcess(new Invocation('setSecret', new Boundaries({ index: 0, ending })), ask);
    await expect(outcome).rejects.toThrow(seen);
    expect(await ask()).toBe('yes');
    stop();
    server.close();
    expect(heard).toHaveLength(ending.endsWith('After') ? 2 : 1);
  });

  test('does not include other code of the process', async () => {
    api.reset();
    const stop = watchSockets();
    const boundaries = new Boundaries();
    const [, mine] = await Promise.all([
      callerOf(api.url)('GET', '/keys', FIRST.apiKey),
      runInProcess(new Invocation('testSecret', boundaries), () => callerOf(api.url)('GET', '/whoami', FIRST.apiKey)),
    ]);
    stop();
    expectStatus(mine, 200);
    expect(boundaries.reached.map(({ what }) => what)).toEqual(['GET /whoami']);
  });
});

describe('a rehearsal', () => {
  const surroundings = () => [
    ...['write', 'end', 'push'].map((name) => Object.getOwnPropertyDescriptor(Socket.prototype, name)),
    process.stdout.write, process.stderr.write, console.log, console.error, { ...process.env },
  ];

  const failing = (message: string) => ({ ...correctModule(callerOf(api.url)), setSecret: async () => { throw new Error(message); } });

  test('restores everything, also if it throws', async () => {
    const before = surroundings();
    await rehearse(failing('a'), options());
    expect(surroundings()).toEqual(before);
    await expect(rehearse(async () => ({ status: 'done' }), { secret: () => { throw new Error('no target'); } })).rejects.toThrow('no target');
    expect(surroundings()).toEqual(before);
  });

  test('runs alone in the process', async () => {
    const reports = await Promise.all([rehearse(failing('a'), options()), rehearse(failing('b'), options())]);
    expect(reports.map(({ findings: [{ message }] }) => message)).toEqual([expect.stringMatching(/Error: a$/), expect.stringMatching(/Error: b$/)]);
  });

  test.each([
    [{ setSecret: async () => {} }, {}, /has to export the function testSecret/],
    [{ command: [] }, {}, /command must be the program/],
    [correctModule(callerOf('')), { passwordPolicy: { passwordLength: 0 } }, /passwordPolicy: passwordLength must be a whole number/],
    [correctModule(callerOf('')), { timeout: -1 }, /timeout must be .*, got -1/],
    [correctModule(callerOf('')), { secret: () => '' }, /secret must be, or return, the first value/],
  ])('refuses an unsupported target: %#', async (target, changes, message) => {
    await expect(rehearse(target as never, { ...options(), ...changes } as never)).rejects.toThrow(message);
  });

  test.each([
    [null, options(), /^target must be a module, a handler or { command }, got null/],
    ['./my-target', options(), /^target must be .*, got string/],
    [correctModule(callerOf('')), undefined, /^options must be an object with secret/],
    [correctModule(callerOf('')), { generateStringKey: 'apiKey' }, /^options must be an object with secret/],
  ])('says what is missing if the compiler doesn\'t: %#', async (target, given, message) => {
    await expect(rehearse(target as never, given as never)).rejects.toThrow(message);
  });

  test('refuses a first value that the target doesn\'t accept', async () => {
    await expect(rehearse(correctModule(callerOf(api.url)), { ...options(), accepts: () => false })).rejects.toThrow(/the target refuses the first value/);
  });
});

test('the bundle has the same findings in node:test, and its process ends by itself', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', join(__dirname, 'bundle.test.mjs')], { encoding: 'utf8', timeout: 50_000, env: { PATH: process.env.PATH } });
  expect(`${stdout}${stderr}`).toMatch(/# pass 2\n# fail 0/);
  expect(status).toBe(0);
});
