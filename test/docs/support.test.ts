/* What was tried on which server: the definitions of the targets, docs/support.md, the docstrings and the tests say the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allDefinitions, SUPPORT_FILE, supportTable, tableIn, UPDATE_COMMAND, withTable } from './support';
import { RotationTarget } from '../../src';
import { hasOnlyStandIns, supportText } from '../../src/targets/definition';
import { KINDS } from '../targets/database/servers/fixture';
import { PRODUCTS } from '../targets/redis/servers/fixture';

const SOURCE = readFileSync(join(__dirname, '..', '..', 'src', 'rotation-target.ts'), 'utf8');
const definitions = allDefinitions();

test('every factory has a row, and each row is there once', () => {
  const factories = Object.getOwnPropertyNames(RotationTarget).filter((name) => typeof RotationTarget[name as keyof typeof RotationTarget] === 'function' && !name.startsWith('_'));
  expect([...new Set(definitions.map(({ factory }) => factory.replace('RotationTarget.', '')))].sort()).toEqual(factories.sort());
  const rows = supportTable(definitions).split('\n');
  expect(new Set(rows).size).toBe(rows.length);
});

test(`docs/support.md has the table of the definitions: ${UPDATE_COMMAND}`, () => {
  const text = readFileSync(SUPPORT_FILE, 'utf8');
  if (process.env.UPDATE_DOCS) { writeFileSync(SUPPORT_FILE, withTable(text, supportTable(definitions))); }
  expect(tableIn(readFileSync(SUPPORT_FILE, 'utf8'))).toBe(supportTable(definitions));
});

test('each target says what was tried: servers, stand-ins, or why there is no server', () => {
  for (const { support } of definitions) {
    expect([support.servers, support.standIns, support.noServer].filter((one) => one !== undefined)).toHaveLength(1);
    // Something in place of a service is in place of one that was never met.
    if (hasOnlyStandIns(support)) { expect(support.neverOn).not.toEqual([]); }
  }
});

test.each(definitions.filter(({ support }) => support.noServer === undefined).map(({ factory, support }) => [factory, support] as const))(
  'the docstring of %s has the sentences', (factory, support) => {
    const name = factory.replace('RotationTarget.', '');
    const before = SOURCE.slice(0, SOURCE.indexOf(`public static ${name}(`));
    const docstring = before.slice(before.lastIndexOf('/**')).replace(/\s*\n\s*\* ?/g, ' ');
    expect(docstring).toContain(supportText(support));
  });

test('the servers of databases and caches are those of the tests', () => {
  const serversOf = (name: string) => [...new Set(definitions.filter(({ factory }) => factory === `RotationTarget.${name}`).flatMap(({ support }) => support.servers ?? []))].sort();
  for (const engine of ['postgres', 'mysql', 'mariadb'] as const) {
    expect(serversOf(engine)).toEqual(KINDS.filter(({ target }) => target === engine).map(({ name }) => name).sort());
  }
  expect(serversOf('redis')).toEqual(PRODUCTS.map(({ name }) => name).sort());
});

test('the stand-ins of MongoDB have the versions that are installed', () => {
  const servers = join(__dirname, '..', '..', 'servers');
  const [, secantus] = /^SecantusDB==(\d+\.\d+)\./m.exec(readFileSync(join(servers, 'packages', 'secantusdb.txt'), 'utf8'))!;
  const [, ferret] = /^install_ferretdb_1\(\) \{\n {2}local version=v(\d+\.\d+)\./m.exec(readFileSync(join(servers, 'install.sh'), 'utf8'))!;
  const { standIns } = definitions.find(({ factory }) => factory === 'RotationTarget.mongoDb')!.support;
  expect(standIns).toEqual([expect.stringContaining(`SecantusDB ${secantus} `), expect.stringContaining(`FerretDB ${ferret},`)]);
});

test('the page names what has no target, and nothing that has one', () => {
  const [, text] = /## Not supported\n\n([^.]*)\./.exec(readFileSync(SUPPORT_FILE, 'utf8'))!;
  const factories = definitions.map(({ factory }) => factory.toLowerCase());
  const missing = ['Active Directory', 'Db2', 'DocumentDB', 'MongoDB', 'Oracle', 'Redshift', 'SQL Server']
    .filter((name) => !factories.includes(`rotationtarget.${name.replace(' ', '').toLowerCase()}`));
  expect(text.replace(/\s+/g, ' ')).toBe(`This package has no target for ${missing.join(' and ')}`);
});

test.each([
  [{ strategy: '', servers: ['A 1'] }, 'Tests run on A 1.'],
  [{ strategy: '', servers: ['A 1', 'A 2', 'A 3'], neverOn: ['B'] }, 'Tests run on A 1, A 2 and A 3. No rotation has run on B yet.'],
  [{ strategy: '', standIns: ['a', 'b'], neverOn: ['B', 'C'] }, 'Tests run on stand-ins only: a and b. No rotation has run on B or C yet.'],
  [{ strategy: '', noServer: 'The server is yours' }, 'The server is yours.'],
])('the sentences of %j', (support, text) => {
  expect(supportText(support)).toBe(text);
});
