/*
 * The demo of a target: what the scenes are, what may be shown, and what is left when it is interrupted. `.ci/run` plays one beside a real database.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetScene } from '../../../demo/target-scene';
import { TARGETS } from '../../../demo/targets';
import { LostReplies } from '../../../demo/targets/lost-replies';

const ROOT = join(__dirname, '..', '..', '..');
const TSX = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
/** Without the bundling before it: other tests read the assets now. */
const play = (target: string) => spawn(process.execPath, [TSX, '-e', `void require('./demo/play.ts').play('${target}')`], {
  cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'],
});

const foldersOfDemo = () => readdirSync(tmpdir()).filter((name) => name.startsWith('cdk-rotating-secret-demo-'));

test.each([...TARGETS])('%s has a scene, and is a target of the catalogue', (name, file) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { scene } = require(file) as { scene: TargetScene };
  expect(scene).toMatchObject({ title: expect.any(String), change: { description: expect.any(String) }, start: expect.any(Function) });
  const isIn = (folder: string) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).some((path) => path.split('/').at(-1) === name);
  expect([name, isIn('src/targets') || isIn('lambda-src/targets') || name === 'mariadb']).toEqual([name, true]);
});

test('what a scene shows of a value has none of its secrets', () => {
  const values: Record<string, string> = {
    'postgres': '{"username":"app","password":"s3cret-of-the-test"}',
    'ses-smtp': '{"host":"mail","username":"AKID","password":"s3cret-of-the-test"}',
    'signing-keys': '{"current":{"kid":"one-and-long","d":"s3cret-of-the-test"},"next":{"kid":"two-and-long","d":"0ther-secret-of-it"},"jwks":{"keys":[]}}',
  };
  for (const [name, value] of Object.entries(values)) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { text } = (require(TARGETS.get(name)!) as { scene: TargetScene }).scene;
    expect(text.secretsIn(value).length).toBeGreaterThan(0);
    expect(text.isIn(text.masked(value, '****'), [value])).toBe(false);
    expect(text.isIn(`a line with ${Buffer.from('s3cret-of-the-test').toString('base64')}`, [value])).toBe(true);
  }
});

test('a reply is lost when it is to be, and the server has done then what it was asked', async () => {
  const done: string[] = [];
  const server = createServer((socket) => socket.on('data', (chunk) => {
    done.push(String(chunk));
    socket.write(`done: ${String(chunk)}`);
  }));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const proxy = await LostReplies.start((server.address() as AddressInfo).port, async () => done.at(-1) === 'lose');
  const ask = (text: string) => new Promise<string>((resolve) => {
    const socket = connect(proxy.port, '127.0.0.1', () => socket.write(text));
    socket.once('data', (chunk) => { resolve(String(chunk)); socket.destroy(); });
    socket.once('error', ({ message }) => resolve(message));
  });
  expect(await ask('keep')).toBe('done: keep');
  expect(await ask('lose')).toMatch(/ECONNRESET/);
  expect(done).toEqual(['keep', 'lose']);
  await proxy.stop();
  await new Promise((resolve) => { server.close(resolve); });
});

test('it ends with exit code 1 when it is interrupted, and leaves neither a process nor a folder', async () => {
  const before = foldersOfDemo();
  const demo = play('signing-keys');
  let output = '';
  demo.stderr.on('data', (chunk) => { output += String(chunk); });
  const pid = await new Promise<number>((resolve, reject) => {
    demo.stdout.on('data', (chunk) => {
      output += String(chunk);
      const [, found] = /The function's process (\d+)/.exec(output) ?? [];
      if (found !== undefined) { resolve(Number(found)); }
    });
    demo.once('close', () => reject(new Error(output)));
  });
  expect(isAlive(pid)).toBe(true);
  demo.kill('SIGINT');
  const [code] = await once(demo, 'close');
  expect(code).toBe(1);
  for (let wait = 0; wait < 100 && isAlive(pid); wait++) { await new Promise((resolve) => { setTimeout(resolve, 50); }); }
  expect(isAlive(pid)).toBe(false);
  expect(foldersOfDemo()).toEqual(before);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
