/* The results of the benchmark that depend on no machine. The size of the package and its files are checked after packing. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { measureRotations } from '../../bench/rotation';
import { RotatingSecret, RotationFunction } from '../../src';

const ROOT = join(__dirname, '..', '..');
const ASSETS = join(ROOT, 'assets');
const NOTIFICATION = 'notification.js';
/** Without the notification file, which only functions with a notification load. It has a budget of its own. */
const filesOf = (asset: string) => readdirSync(join(ASSETS, asset)).filter((file) => file !== NOTIFICATION);
const bytesOf = (asset: string) => filesOf(asset).reduce((sum, file) => sum + statSync(join(ASSETS, asset, file)).size, 0);

test.each([
  ['generated', 180_000], ['guard', 3_100], ['invoke', 301_000], ['postgres', 400_000], ['mysql', 408_000], ['redshift', 290_000], ['overdue', 170_000],
  ['first-rotation', 170_000], ['iam-access-key', 200_000], ['ses-smtp', 200_000], ['signing-keys', 200_000], ['redis', 240_000],
  ['elasticache-user', 240_000], ['memorydb-user', 240_000], ['rabbitmq', 240_000], ['ldap', 300_000],
])('the asset %s has at most %d bytes, with all that it needs', (asset, most) => {
  expect(bytesOf(asset)).toBeGreaterThan(most / 2);
  expect(bytesOf(asset)).toBeLessThanOrEqual(most);
});

test('the code for notifications has at most 8000 bytes, in a file that is loaded only with a notification', () => {
  expect(statSync(join(ASSETS, 'generated', NOTIFICATION)).size).toBeLessThanOrEqual(8_000);
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

test('the reference of the public API has at most 6200 lines', () => {
  expect(readFileSync(join(ROOT, 'API.md'), 'utf8').split('\n').length - 1).toBeLessThanOrEqual(6_200);
});
