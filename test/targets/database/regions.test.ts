/* The source of the RDS certificate authorities in each region, as in docs/databases.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RegionInfo } from 'aws-cdk-lib/region-info';

const ROOT = join(__dirname, '..', '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'databases.md'), 'utf8');
const SHIPPED = Object.keys(JSON.parse(gunzipSync(readFileSync(join(ROOT, 'assets', 'postgres', 'rds-certificates.json.gz'))).toString()) as object);
/** The regions in a row of the page's table. */
const rowOf = (title: string) => new RegExp(`^\\| ${title} \\| (.*) \\|$`, 'm').exec(PAGE)![1].match(/[a-z]+(?:-[a-z]+)+-\d/g)!;

test('the regions with shipped authorities are those of the page', () => {
  expect(SHIPPED.length).toBeGreaterThan(20);
  expect(rowOf('this package').sort()).toEqual([...SHIPPED].sort());
});

test('every region that CDK knows is in one row of the page', () => {
  const known = RegionInfo.regions.map(({ name }) => name).filter((name) => !SHIPPED.includes(name));
  const others = rowOf('Lambda\'s runtime');
  expect(known.filter((name) => !others.includes(name))).toEqual([]);
  expect(others.filter((name) => SHIPPED.includes(name))).toEqual([]);
});
