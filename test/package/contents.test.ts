import { FILES } from '../../scripts/build/bundle-options';
import { compareFiles, expectedFiles, findManifestProblems } from '../../scripts/check/tarball/contents';

const NOTIFIED = ['index.js', 'notification.js'];
const EXPECTED = expectedFiles({
  constructs: ['index.ts', 'value/generator.ts'],
  assets: [{ name: 'generated', files: NOTIFIED }, { name: 'module', files: NOTIFIED }, { name: 'overdue', files: ['index.js'] }],
});
const PEERS = { 'aws-cdk-lib': '^2.127.0', 'constructs': '^10.0.5' };

test('the expected files follow from the sources', () => {
  expect(EXPECTED).toEqual([
    '.jsii', 'API.md', 'LICENSE', 'NOTICE', 'README.md', 'assets/generated/index.js', 'assets/generated/notification.js',
    'assets/module/index.js', 'assets/module/notification.js', 'assets/overdue/index.js',
    'lib/index.d.ts', 'lib/index.js', 'lib/value/generator.d.ts', 'lib/value/generator.js', 'package.json', 'rotation/index.d.ts',
    'sbom.cdx.json', 'testing/cli.js', 'testing/index.d.ts', 'testing/index.js',
  ]);
  expect(compareFiles(EXPECTED, EXPECTED)).toEqual({ missing: [], unexpected: [] });
});

test('the assets that connect to databases of Amazon RDS have its certificate authorities', () => {
  expect(FILES.filter(({ files }) => files.includes('rds-certificates.json.gz')).map(({ name }) => name)).toEqual(['mongo', 'mysql', 'oracle', 'postgres', 'sql-server']);
});

test.each(EXPECTED)('reports %s as missing', (file) => {
  expect(compareFiles(EXPECTED, EXPECTED.filter((other) => other !== file))).toEqual({ missing: [file], unexpected: [] });
});

test.each([
  'lambda-src/handler.ts', 'rehearsal/index.ts', 'src/index.ts', 'test/stacks.test.ts', 'examples/basic/app.ts', 'demo/main.ts', '.venv/bin/python',
  'lib/deleted-source.js', 'lib/index.js.map', 'assets/generated/index.js.map', 'assets/postgres/index.js', 'tsconfig.json',
])('reports %s as unexpected', (file) => {
  expect(compareFiles(EXPECTED, [...EXPECTED, file])).toEqual({ missing: [], unexpected: [file] });
});

test('accepts a manifest with the two peers and scripts for development', () => {
  expect(findManifestProblems({ peerDependencies: PEERS, dependencies: {}, scripts: { build: 'projen build' } })).toEqual([]);
});

test.each([
  [{ peerDependencies: PEERS, dependencies: { esbuild: '*' } }, 'dependencies'],
  [{ peerDependencies: PEERS, optionalDependencies: { esbuild: '*' } }, 'optionalDependencies'],
  [{ peerDependencies: PEERS, bundledDependencies: ['esbuild'] }, 'bundledDependencies'],
  [{ peerDependencies: PEERS, scripts: { postinstall: 'node install.js' } }, 'scripts.postinstall'],
  [{ peerDependencies: { ...PEERS, esbuild: '*' } }, 'peerDependencies: aws-cdk-lib, constructs, esbuild'],
  [{}, 'peerDependencies: '],
])('reports a manifest that makes npm install or run more: %j', (manifest, problem) => {
  expect(findManifestProblems(manifest)).toEqual([problem]);
});
