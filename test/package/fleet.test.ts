/* Checks docs/fleets.md and its plot against the results of `npx projen bench:fleet`, and its sentences against the numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fleetMarkdown, reportFleet, type FleetReport } from '../../bench/fleet';

const DOCS = join(__dirname, '..', '..', 'docs');
const page = readFileSync(join(DOCS, 'fleets.md'), 'utf8');

let report: FleetReport;
beforeAll(async () => { report = await reportFleet(); });

test('the tables and the plots are those of the simulation; if not, run npx projen bench:fleet -- --write', () => {
  expect(page.split(/<!-- \/?bench -->/)[1].trim()).toBe(fleetMarkdown(report));
  expect(readFileSync(join(DOCS, 'fleet-peak.svg'), 'utf8')).toBe(report.svg);
  expect(readFileSync(join(DOCS, 'fleet-databases.svg'), 'utf8')).toBe(report.databases.svg);
});

describe('the sentences hold:', () => {
  const cells = (table: number, schedule: string) => report.tables[table].table.rows.find(([name]) => String(name).startsWith(schedule))!.map((cell) => Number(String(cell).replaceAll('*', '')));
  const AT_OPENING = 5;

  test('on one schedule there are as many writes at the opening as secrets', () => {
    expect(cells(1, '`rate')[AT_OPENING]).toBe(10_000);
    expect(cells(1, '`cron')[AT_OPENING]).toBe(10_000);
  });

  test('spread, ten thousand have about half of what the quota allows, and a thousand a handful', () => {
    expect(Math.abs(cells(1, '`spread()')[AT_OPENING] - 25)).toBeLessThan(5);
    expect(cells(0, '`spread()')[AT_OPENING]).toBeLessThanOrEqual(5);
  });

  test('32 times carry a thousand, and not ten thousand', () => {
    expect(cells(0, '`spread({ weekDay')[AT_OPENING]).toBeLessThanOrEqual(50);
    expect(cells(1, '`spread({ weekDay')[AT_OPENING]).toBeGreaterThan(50);
  });

  test('evenly over the default window, ten thousand are no load; in a narrow one they may be', () => {
    expect(cells(1, '`rate(30 days)`, deployed').slice(3, 5).every((writes) => writes < 25)).toBe(true);
    expect(cells(1, '`cron').slice(3, 5).some((writes) => writes > 50)).toBe(true);
  });

  test('five functions at a time stay within the quota with any step, with ten connections; more of them don\'t', () => {
    const { rows } = report.databases.table;
    expect(rows.at(-1)).toEqual(['5', '10', '50', '14 min', '5', '2.2 h']);
    expect(rows.slice(0, -1).every(([, , writes]) => String(writes).startsWith('**'))).toBe(true);
    expect(rows[0][2]).toBe('**10000**');
    expect(cells(1, '`spread()')[2]).toBe(26);
  });

  test('the rotations of a month of a spread fleet are about a thirtieth a day', () => {
    expect(cells(1, '`spread()')[1]).toBeLessThan(10_000 / 25);
  });
});
