/* All tests of the handler in one file, for Stryker. A mutant then takes one start of Jest and one load of the SDK. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const TESTS = join(__dirname, '..');
// They run bundled assets, which have no mutants.
const LEFT_OUT = 'asset.test.ts';
// The slowest tests come last, because the first failure ends a run.
const LAST = ['contract.test.ts', 'client.test.ts'];

// Tests outside the folders of the handler's own code.
const APART = /^(consumers|differential|docs|e2e|examples|mutation|package|proof|rehearsal|simulator)\//;
/** A test of the handler imports it, and no construct. */
const isOfHandler = (source: string) => /'(\.\.\/)+(lambda-src\/|src\/contract')|\/harness'/.test(source) && !/'aws-cdk-lib|'(\.\.\/)+src('|\/(?!([\w-]+\/)*contract'))/.test(source);

const units = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  // Real servers would take too long for every mutant.
  .filter((file) => file.endsWith('.test.ts') && !APART.test(file) && !/(^|\/)servers\//.test(file) && basename(file) !== LEFT_OUT && !LAST.includes(basename(file)))
  .filter((file) => isOfHandler(readFileSync(join(TESTS, file), 'utf8')));
const files = [...units, ...LAST.map((file) => join('rotation', file))];

describe.each(files)('%s', (file) => {
  jest.requireActual(join(TESTS, file));
});
