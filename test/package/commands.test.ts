/* The commands of this repository, with known and unknown options. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../../tools/files';

const ROOT = join(__dirname, '..', '..');
const { tasks } = JSON.parse(readFileSync(join(ROOT, '.projen', 'tasks.json'), 'utf8')) as { tasks: Record<string, { steps?: Step[] }> };
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

interface Step {
  readonly exec?: string;
  readonly receiveArgs?: boolean;
}

/** How our own scripts are started, in a line of text. */
const STARTED = /(?:(?:npx )?tsx (?:--tsconfig \S+ )?|bash )((?!-)[\w./-]+\.(?:ts|sh))(?: (?:databases|package))?(?![\w./-])|(?<=`)\.ci\/run/g;

/** What a person starts: the tasks that get arguments, what CI runs, and what the pages name. */
function findCommands(): string[] {
  const ofTasks = Object.values(tasks).flatMap(({ steps = [] }) => steps.filter(({ receiveArgs }) => receiveArgs).map(({ exec = '' }) => exec));
  const pages = ['README.md', 'CONTRIBUTING.md', ...['docs', 'servers', 'test', 'examples'].flatMap((folder) => filesBelow(join(ROOT, folder))
    .filter((file) => file.endsWith('.md') && !/node_modules|\.venv/.test(file)).map((file) => join(folder, file)))];
  const texts = ['.ci/run', ...pages].map((file) => readFileSync(join(ROOT, file), 'utf8'));
  const found = [...ofTasks, ...texts].flatMap((text) => [...text.matchAll(STARTED)].map(([command]) => command.replace(/^npx /, '')));
  return [...new Set(found)].filter((command) => existsSync(scriptOf(command))).sort();
}

const scriptOf = (command: string) => join(ROOT, /[\w./-]+\.(?:ts|sh)(?= |$)/.exec(command.replace(/--tsconfig \S+/, ''))?.[0] ?? command);
const start = (command: string, ...words: string[]) => spawnSync('bash', ['-c', `${command} "$@"`, 'bash', ...words], {
  cwd: ROOT, encoding: 'utf8', timeout: 30_000, env: { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}` },
});

/** A command that prints its arguments, and on request keeps printing. */
const SCRIPT = `const { startCommand } = require('./tools/command.ts');
  const given = startCommand({ name: 'x', description: 'Do it', options: { quick: { type: 'boolean' } }, usage: { '--quick': 'do less' }, maxArguments: 1 });
  console.log('ran', given.values.quick === true, given.positionals.join());
  if (given.positionals[0] === 'on') { setInterval(() => process.stdout.write('a line\\n'.repeat(1000)), 1); }`;
const TSX = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const run = (...words: string[]) => spawnSync(process.execPath, [TSX, '-e', SCRIPT, '--', ...words], { cwd: ROOT, encoding: 'utf8' });

const COMMANDS = findCommands();

test('the commands are found', () => {
  expect(COMMANDS).toEqual(expect.arrayContaining([
    'bash test/e2e/run.sh', 'bash servers/install.sh', 'tsx --tsconfig tsconfig.dev.json demo/main.ts', 'tsx scripts/check/circles.ts', 'tsx scripts/check/tests.ts databases',
  ]));
  expect(COMMANDS.length).toBeGreaterThan(25);
});

// The arguments of projen's own `test` are those of Jest, which comes last.
test.each(Object.keys(tasks).filter((task) => task !== 'test' && tasks[task].steps?.some(({ receiveArgs }) => receiveArgs)))(
  'the task %s has nothing but what gets the arguments, and looks at them first', (task) => {
    expect(tasks[task].steps).toHaveLength(1);
    // Without projen, which would make 1 of every exit code.
    const [{ exec = '' }] = tasks[task].steps!;
    if (/^(tsx|bash) /.test(exec)) { expect(scripts[task]).toBe(exec); }
  });

test.each(COMMANDS)('%s --help says what there is, and runs nothing', (command) => {
  const { status, stdout, stderr } = start(command, '--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^[^\n]+\n\n[A-Z][^\n]+\n\n[^]*  --help +print this, and (run|install) nothing\n$/);
});

// Those in TypeScript have the options of startCommand, below.
test.each(COMMANDS.filter((command) => !command.includes('.ts')))('%s --no-such-option is an error, and runs nothing', (command) => {
  const { status, stdout, stderr } = start(command, '--no-such-option');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^(Unknown|Unexpected) (option|argument) '?--no-such-option'?[^]*  --help +print this, and (run|install) nothing\n$/);
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

test.each([['bash test/e2e/run.sh', 'generated'], ['tsx --tsconfig tsconfig.dev.json demo/main.ts', 'postgres'], ['bash servers/install.sh', 'postgres']])(
  '%s takes what it knows and nothing else', (command, known) => {
    const { status, stdout, stderr } = start(command, 'no-such');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^Unknown (scenario|argument) 'no-such'[^]*\\b${known}\\b`));
  });

test('a command ends without an error if the reader of its output stops', () => {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', 'set -o pipefail; node "$1" -e "$0" -- on | head -2', SCRIPT, TSX], { cwd: ROOT, encoding: 'utf8' });
  expect({ stdout, stderr, status }).toEqual({ stdout: 'ran false on\na line\n', stderr: '', status: 0 });
});
