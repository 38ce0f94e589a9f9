/*
 * All tests of the handler as one file, for Stryker: a mutant then costs one start of Jest and one load of the SDK.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const TESTS = join(__dirname, '..');
// They run bundled assets, which have no mutants.
const LEFT_OUT = 'asset.test.ts';
// What takes longest comes last, for the first failure ends a run.
const LAST = ['contract.test.ts', 'client.test.ts'];

const units = readdirSync(join(TESTS, 'lambda-src'), { recursive: true, encoding: 'utf8' })
  // Real servers would take too long for every mutant.
  .filter((file) => file.endsWith('.test.ts') && !file.startsWith('databases') && basename(file) !== LEFT_OUT && !LAST.includes(file));
const files = [join('src', 'private', 'handler-contract.test.ts'), ...[...units, ...LAST].map((file) => join('lambda-src', file))];

describe.each(files)('%s', (file) => {
  jest.requireActual(join(TESTS, file));
});
