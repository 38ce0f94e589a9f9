/**
 * Runs the tests that `npm test` leaves out, after the tasks that they need. `tests.ts databases`: tests with real servers. `tests.ts package`:
 * tests of the package and of the examples, and tests that start processes, such as those of the bundled assets.
 */
import { spawnSync } from 'node:child_process';
import { runTasks, startCommand } from '../../tools/command';
import { ROOT } from '../../tools/run';

const SUITES = {
  databases: {
    description: 'Run the tests that need real database servers; takes minutes',
    tasks: ['databases', 'bundle'],
    pattern: 'test/(.*/)?servers/',
    ignored: [],
  },
  package: {
    description: 'Run the tests of what is published, of the bundled assets, of the examples, and of the commands of this repository',
    tasks: ['bundle'],
    pattern: '(test/package/|test/examples/|test/(.*/)?processes/|/asset[.]test[.]ts$)',
    ignored: ['/servers/'],
  },
};

const name = process.argv[2] as keyof typeof SUITES;
const { description, tasks, pattern, ignored } = SUITES[name] ?? fail();
const { values, positionals } = startCommand({
  name: `test:${name}`,
  description,
  options: { testNamePattern: { type: 'string', short: 't' } },
  usage: { 'FILE': 'only files with this in their path', '-t NAME': 'only tests with this in their name' },
  maxArguments: 2,
});
runTasks(tasks);
const { testNamePattern } = values as { testNamePattern?: string };
const { status } = spawnSync('npx', [
  'jest', '--testPathIgnorePatterns', '/node_modules/', ...ignored, ...testNamePattern === undefined ? [] : ['-t', testNamePattern],
  '--', positionals[1] === undefined ? pattern : `^(?=.*${positionals[1]}).*${pattern}`,
], { cwd: ROOT, stdio: 'inherit' });
process.exitCode = status ?? 1;

function fail(): never {
  process.stderr.write(`Say which tests: ${Object.keys(SUITES).join(', ')}\n`);
  return process.exit(2);
}
