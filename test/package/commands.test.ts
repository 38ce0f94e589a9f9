/* The commands of this repository, with known and unknown options. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const { tasks } = JSON.parse(readFileSync(join(ROOT, '.projen', 'tasks.json'), 'utf8')) as { tasks: Record<string, { steps?: Record<string, unknown>[] }> };
const COMMANDS = ['bench', 'bench:fleet', 'bundle', 'compat', 'demo', 'e2e', 'languages', 'prove', 'prove:databases', 'site', 'zero-downtime'];

/** A command that prints its arguments, and on request keeps printing. */
const SCRIPT = `const { startCommand } = require('./tools/command.ts');
  const given = startCommand({ name: 'x', description: 'Do it', options: { quick: { type: 'boolean' } }, usage: { '--quick': 'do less' }, maxArguments: 1 });
  console.log('ran', given.values.quick === true, given.positionals.join());
  if (given.positionals[0] === 'on') { setInterval(() => process.stdout.write('a line\\n'.repeat(1000)), 1); }`;
const TSX = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const run = (...words: string[]) => spawnSync(process.execPath, [TSX, '-e', SCRIPT, '--', ...words], { cwd: ROOT, encoding: 'utf8' });

test.each(COMMANDS)('%s is only a script that gets the arguments, and checks them first', (command) => {
  const { steps = [] } = tasks[command];
  expect(steps).toEqual([{ exec: expect.any(String), receiveArgs: true }]);
  const [script] = /\S+\.(ts|sh)(?= |$)/.exec(String(steps[0].exec).replace('--tsconfig tsconfig.dev.json', ''))!;
  expect(readFileSync(join(ROOT, script), 'utf8')).toMatch(script.endsWith('.ts') ? /startCommand\(\{/ : /--help/);
});

test.each(['--help', '-h'])('%s prints the usage, and runs nothing', (help) => {
  const { status, stdout, stderr } = run(help);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toBe('npm run x -- [...]\n\nDo it\n\n  --quick  do less\n  --help   print this, and run nothing\n');
});

test.each([['--no-such-option'], ['one', 'two'], ['--quick=3']])('%s is an error, and runs nothing', (...words) => {
  const { status, stdout, stderr } = run(...words);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^(Unknown option|Unexpected argument|Option '--quick' does not take an argument).*\n\nnpm run x -- /);
});

test('a command gets its known options', () => {
  expect(run('--quick', 'one')).toMatchObject({ status: 0, stdout: 'ran true one\n' });
});

test('e2e checks its options before it installs anything', () => {
  const e2e = (option: string) => spawnSync('bash', ['test/e2e/run.sh', option], { cwd: ROOT, encoding: 'utf8' });
  expect(e2e('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^npm run e2e -- \[SCENARIO/) });
  expect(e2e('--no-such-option')).toMatchObject({ status: 2, stderr: expect.stringMatching(/^Unknown option --no-such-option/) });
});

test('a command ends without an error if the reader of its output stops', () => {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', 'set -o pipefail; node "$1" -e "$0" -- on | head -2', SCRIPT, TSX], { cwd: ROOT, encoding: 'utf8' });
  expect({ stdout, stderr, status }).toEqual({ stdout: 'ran false on\na line\n', stderr: '', status: 0 });
});
