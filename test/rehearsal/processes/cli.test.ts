/*
 * The command of the package: a rehearsal for tests in other languages, over lines of JSON. This is the file that is published.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RehearsalReport } from '../../../rehearsal/api';
import { KeyApi, type Value } from '../api';

const CLI = join(__dirname, '..', '..', '..', 'testing', 'cli.js');

let api: KeyApi;
beforeAll(async () => { api = await KeyApi.start(2); });
afterAll(() => api.stop());

type Answers = Readonly<Record<string, (...given: never[]) => unknown>>;
type Message = { readonly call?: string; readonly arguments?: never[]; readonly report?: RehearsalReport & { readonly text: string } };

/** Does what a test in another language does. */
async function converse(lines: readonly string[], answers: Answers = {}, args: readonly string[] = []) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => { stderr += String(chunk); });
  for (const line of lines) { child.stdin.write(`${line}\n`); }
  const asked: string[] = [];
  let report: Message['report'];
  const out: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    out.push(line);
    const message = line.startsWith('{') ? JSON.parse(line) as Message : {};
    if (message.report) { report = message.report; }
    if (message.call === undefined) { return; }
    asked.push(message.call);
    try {
      child.stdin.write(`${JSON.stringify({ result: answers[message.call](...message.arguments!) })}\n`);
    } catch (error) {
      child.stdin.write(`${JSON.stringify({ error: (error as Error).message })}\n`);
    }
  });
  if (Object.keys(answers).length === 0) { child.stdin.end(); }
  const [code] = await once(child, 'close');
  return { code, stderr, report, asked: new Set(asked), out };
}

const command = (handler: string) => ['python3', 'runtime.py', handler];
const options = (handler: string, more: object = {}) => JSON.stringify({
  command: command(handler),
  cwd: join(__dirname, '..', 'python'),
  environment: { PYTHONDONTWRITEBYTECODE: '1' },
  services: { API_URL: api.url },
  callbacks: ['secret', 'accepts', 'state'],
  generateStringKey: 'apiKey',
  passwordPolicy: { excludePunctuation: true },
  versionStages: ['AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS'],
  createSecret: null,
  ...more,
});
const answers: Answers = {
  secret: () => api.reset(),
  accepts: ({ apiKey }: Value) => api.keys.has(apiKey),
  state: () => [...api.keys],
};

test('a function without a mistake: exit code 0, and a report', async () => {
  const { code, stderr, report, asked } = await converse([options('app.handler')], answers);
  expect({ code, stderr, asked }).toEqual({ code: 0, stderr: '', asked: new Set(['secret', 'accepts', 'state']) });
  expect(report).toMatchObject({ findings: [], boundaries: 9, text: expect.stringMatching(/^\d+ runs, 9 boundaries: nothing found$/) });
});

test('a function with mistakes: exit code 1, and each finding says where', async () => {
  const { code, report, out } = await converse([options('mistaken.handler')], answers);
  expect(code).toBe(1);
  expect(report!.findings).toEqual([
    expect.objectContaining({ kind: 'accessDenied', step: 'setSecret', where: 'GetSecretValue' }),
    expect.objectContaining({ kind: 'valueLogged', step: 'setSecret', where: 'standard output' }),
  ]);
  expect(report!.text).toContain(report!.findings[0].message);
  // What the function prints doesn't get between the lines.
  expect(out.filter((line) => !line.startsWith('{'))).toEqual([]);
});

test.each<[string, readonly string[], string]>([
  ['no line', [], 'Standard input ended before options came.\n'],
  ['a line that is no JSON', ['{'], 'A line of JSON was expected: options.\n'],
  ['no object', ['[]'], 'The first line must be a JSON object with the options.\n'],
  ['no command', ['{"secret":"x"}'], 'command must be the program that runs the function, and its arguments, as a list of strings.\n'],
  ['an unknown option', ['{"secret":"x","command":["a"],"version_stages":[]}'], 'Unknown options: version_stages. There are secret, '],
  ['an unknown callback', ['{"command":["a"],"callbacks":["secrets"]}'], 'callbacks must be a list of secret, accepts, state.\n'],
  ['no secret', ['{"command":["a"]}'], 'secret is missing: the first value of the secret. To be asked for it before each run, put secret into callbacks.\n'],
  ['a wrong policy', ['{"command":["a"],"secret":"x","passwordPolicy":{"passwordLength":0}}'], 'passwordPolicy: passwordLength '],
])('%s: exit code 2, and what to do', async (_, lines, text) => {
  const { code, stderr, report } = await converse(lines);
  expect({ code, report }).toEqual({ code: 2, report: undefined });
  expect(stderr.slice(0, text.length)).toBe(text);
  expect(stderr.split('\n')).toHaveLength(2);
});

test('a callback that fails, or never answers: exit code 2, with its reason', async () => {
  const failing = { ...answers, state: () => { throw new Error('the API is down'); } };
  expect(await converse([options('app.handler')], failing)).toMatchObject({ code: 2, stderr: 'state failed: the API is down\n' });
  expect(await converse([options('app.handler')])).toMatchObject({ code: 2, stderr: 'Standard input ended before the answer of secret came.\n' });
});

test('--help runs nothing, and an argument is an error', async () => {
  expect(await converse([], {}, ['--help'])).toMatchObject({ code: 0, stderr: '', out: expect.arrayContaining(['cdk-rotating-secret-rehearse']) });
  expect(await converse([], {}, ['--no-such-option'])).toMatchObject({ code: 2, out: [], stderr: expect.stringMatching(/^Unexpected argument '--no-such-option'\n\ncdk-rotating-secret-rehearse\n/) });
});
