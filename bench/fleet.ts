/*
 * `npx projen bench:fleet`: when the rotations of many secrets happen, and the load of the busiest second, with and without spreading them. It
 * is a model. Its only measured part is the calls of a rotation, which depend on no machine, so it always prints the same. `--write` puts it
 * into docs/fleets.md and its plot.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { markdown, replaceBetween } from './docs';
import { logarithmicPlot } from './plot';
import { countCalls, type StepCalls } from './rotation';
import { SeededRandom } from '../simulator/random';
import { RotationRules } from '../src';
import { startCommand } from '../tools/command';
import { openings } from '../tools/cron';
import { printTable, type Table } from '../tools/table';
import { Terminal } from '../tools/terminal';

const DOCS = join(__dirname, '..', 'docs');
const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];
/** A month of 31 days that begins on a Monday. It has every possible time of a spread secret, and four Sundays. */
const [MONTH, DAYS] = [Date.UTC(2027, 2, 1) / 1000, 31];
/** The duration of a step with the time before it, in seconds. A faster one makes its calls in the same second. */
const STEP = 1;

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html and https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const QUOTAS = { writes: 50, functions: 1_000 };

/** When Secrets Manager starts a rotation in its window. AWS only documents that it may be at any time. */
const MODELS = {
  second: (random: SeededRandom, window: number) => Math.floor(random.next() * window),
  minute: (random: SeededRandom, window: number) => Math.floor(random.next() * window / MINUTE) * MINUTE,
  opening: () => 0,
} as const;
type Model = keyof typeof MODELS;

/** The calls of a rotation of alternating users of a database. A test compares them with those on real servers. */
export const DATABASE_CALLS: readonly StepCalls[] = [
  { step: 'createSecret', reads: 4, writes: 1 }, { step: 'setSecret', reads: 5, writes: 0 },
  { step: 'testSecret', reads: 3, writes: 0 }, { step: 'finishSecret', reads: 3, writes: 1 },
];
/** The most connections of one step at a time, with any strategy. The same test compares it. */
export const DATABASE_CONNECTIONS = 2;

interface Window {
  /** Seconds since 1970. */
  readonly opens: number;
  readonly seconds: number;
}

interface Schedule {
  readonly name: string;
  /** The windows of each secret in the month. */
  readonly windows: (secrets: number) => Window[];
}

const everySecret = (secrets: number, windows: readonly Window[]) => Array.from({ length: secrets }, () => windows).flat();
const hourly = memoized((cron: string): Window[] =>
  openings(cron, MONTH * 1000, DAYS).map((opens) => ({ opens: opens / 1000, seconds: HOUR })));
const spread = (rules: RotationRules) => {
  const windows = memoized((secret: Construct) => hourly(rules._render(secret)!.scheduleExpression!));
  return (secrets: number) => fleet(MOST).slice(0, secrets).flatMap(windows);
};

const SIZES = [100, 200, 500, 1_000, 2_000, 5_000, 10_000];
const MOST = SIZES[SIZES.length - 1];
const SUNDAY = 'cron(0 3 ? * SUN *)';

const SCHEDULES: readonly Schedule[] = [
  // Secrets that are deployed on one day are due on one day, 30 days later, at midnight.
  { name: '`rate(30 days)`, deployed on one day', windows: (secrets) => everySecret(secrets, [{ opens: MONTH + 30 * DAY, seconds: DAY }]) },
  { name: '`rate(30 days)`, a window of 1 hour', windows: (secrets) => everySecret(secrets, [{ opens: MONTH + 30 * DAY, seconds: HOUR }]) },
  { name: `\`${SUNDAY}\`, a window of 2 hours`, windows: (secrets) => everySecret(secrets, hourly(SUNDAY).map(({ opens }) => ({ opens, seconds: 2 * HOUR }))) },
  { name: '`spread({ weekDay: \'SAT,SUN\', hour: \'1-4\' })`', windows: spread(RotationRules.spread({ weekDay: 'SAT,SUN', hour: '1-4' })) },
  { name: '`spread()`', windows: spread(RotationRules.spread()) },
];

/** A number of secrets, a hundred to a stack. */
const fleet = memoized((secrets: number): Construct[] => {
  const app = new App();
  const stacks = Array.from({ length: Math.ceil(secrets / 100) }, (_, index) => new Stack(app, `Stack${index}`));
  return Array.from({ length: secrets }, (_, index) => new Construct(stacks[Math.floor(index / 100)], `Secret${index % 100}`));
});

function memoized<A, R>(make: (argument: A) => R): (argument: A) => R {
  const made = new Map<A, R>();
  return (argument) => {
    if (!made.has(argument)) { made.set(argument, make(argument)); }
    return made.get(argument)!;
  };
}

interface Peaks {
  /** In the busiest second of the month. */
  readonly writes: number;
  readonly calls: number;
  readonly functions: number;
  /** Rotations in the busiest hour, and on the busiest day. */
  readonly hour: number;
  readonly day: number;
}

function simulate({ windows }: Schedule, secrets: number, model: Model, calls: readonly StepCalls[]): Peaks {
  const random = new SeededRandom(secrets);
  const counts = (unit: number) => new Uint32Array(Math.ceil((DAYS + 1) * DAY / unit));
  const [writes, all, functions, hours, days] = [STEP, STEP, STEP, HOUR, DAY].map(counts);
  for (const { opens, seconds } of windows(secrets)) {
    const start = opens - MONTH + MODELS[model](random, seconds);
    hours[Math.floor(start / HOUR)]++;
    days[Math.floor(start / DAY)]++;
    for (const [index, step] of calls.entries()) {
      const second = start + index * STEP;
      writes[second] += step.writes;
      all[second] += step.reads + step.writes;
      functions[second]++;
    }
  }
  return { writes: most(writes), calls: most(all), functions: most(functions), hour: most(hours), day: most(days) };
}

function most(counts: Uint32Array): number {
  let found = 0;
  for (let index = 0; index < counts.length; index++) {
    if (counts[index] > found) { found = counts[index]; }
  }
  return found;
}

/** The numbers of functions at a time that are compared. The largest is the quota of an account, without a reservation. */
const RESERVATIONS = [1, 2, 5, 10, 20, 50, 100, 200, 500, QUOTAS.functions];
const IN_TABLE = [QUOTAS.functions, 100, 50, 20, 10, 5];
/** The durations of a step, in seconds: about that of a warm function beside its database, and one that waits. */
const DURATIONS = [0.1, 1];

interface Queue {
  /** In the busiest second. */
  readonly writes: number;
  /** When the last secret has rotated, in seconds. */
  readonly seconds: number;
}

/** All secrets at once, with one function for all, of which only so many run at a time. Steps that find none free wait in the order of their arrival. */
function simulateQueue(secrets: number, reserved: number, duration: number): Queue {
  const total = secrets * DATABASE_CALLS.length;
  const writes = new Map<number, number>();
  let seconds = 0;
  for (let index = 0; index < total; index++) {
    // Each waits for the one that many before it, so all take their turns in rounds.
    const start = Math.floor(index / reserved) * duration;
    const second = Math.floor(start + 1e-9);
    writes.set(second, (writes.get(second) ?? 0) + DATABASE_CALLS[Math.floor(index / secrets)].writes);
    seconds = start + duration;
  }
  return { writes: Math.max(...writes.values()), seconds };
}

export interface FleetReport {
  readonly tables: readonly { readonly title: string; readonly table: Table }[];
  readonly calls: string;
  readonly svg: string;
  /** Databases behind one function. */
  readonly databases: { readonly table: Table; readonly svg: string };
}

export async function reportFleet(): Promise<FleetReport> {
  const calls = await countCalls();
  const over = (value: number, quota: number) => value > quota ? `**${value}**` : String(value);
  const tables = [1_000, MOST].map((secrets) => ({
    title: `${secrets.toLocaleString('en')} secrets`,
    table: {
      columns: [
        'Schedule', 'Rotations, busiest day', 'Busiest hour', 'Writes, busiest second: started in any second', 'In any minute', 'At the opening', 'All calls, then', 'Functions, then',
      ],
      rows: SCHEDULES.map((schedule) => {
        const [second, minute, opening] = (['second', 'minute', 'opening'] as const).map((model) => simulate(schedule, secrets, model, calls));
        return [
          schedule.name, String(second.day), String(second.hour), ...[second, minute, opening].map(({ writes }) => over(writes, QUOTAS.writes)),
          String(opening.calls), over(opening.functions, QUOTAS.functions),
        ];
      }),
    },
  }));
  const line = (name: string, color: string, schedule: number, model: Model) => ({
    name,
    color,
    points: SIZES.map((secrets) => [secrets, simulate(SCHEDULES[schedule], secrets, model, calls).writes] as const),
  });
  const svg = logarithmicPlot('Writes in the busiest second', 'all started as a window opens', 'secrets', [
    line('Sundays at 03:00', '#c70', 2, 'opening'),
    line('Sundays, any minute', '#a80', 2, 'minute'),
    line('spread, weekends', '#28c', 3, 'opening'),
    line('spread', '#2a7', 4, 'opening'),
  ], { name: 'quota: 50 a second', value: QUOTAS.writes });
  return { tables, svg, databases: reportDatabases(over), calls: calls.map(({ step, reads, writes }) => `${step} ${reads} + ${writes}`).join(', ') };
}

function reportDatabases(over: (value: number, quota: number) => string): FleetReport['databases'] {
  const duration = (seconds: number) => seconds < 2 * MINUTE ? `${Math.ceil(seconds)} s` : seconds < 2 * HOUR ? `${Math.ceil(seconds / MINUTE)} min` : `${(seconds / HOUR).toFixed(1)} h`;
  const table = {
    columns: [
      'Functions at a time', 'Connections, at most', ...DURATIONS.flatMap((seconds) => [`Steps of ${seconds} s: writes, busiest second`, 'The last one has rotated after']),
    ],
    rows: IN_TABLE.map((reserved) => [
      reserved === QUOTAS.functions ? `${reserved}, the quota` : String(reserved),
      String(reserved * DATABASE_CONNECTIONS),
      ...DURATIONS.flatMap((seconds) => {
        const queue = simulateQueue(MOST, reserved, seconds);
        return [over(queue.writes, QUOTAS.writes), duration(queue.seconds)];
      }),
    ]),
  };
  const svg = logarithmicPlot(`Writes in the busiest second of ${MOST.toLocaleString('en')} database secrets`, 'all at once', 'functions at a time', DURATIONS.map((seconds, index) => ({
    name: `steps of ${seconds} s`,
    color: ['#c70', '#28c'][index],
    points: RESERVATIONS.map((reserved) => [reserved, simulateQueue(MOST, reserved, seconds).writes] as const),
  })), { name: 'quota: 50 a second', value: QUOTAS.writes });
  return { table, svg };
}

/** The text between the markers of docs/fleets.md. */
export function fleetMarkdown({ tables, calls, databases }: FleetReport): string {
  return [
    ...tables.map(({ title, table }) => `### ${title}\n\n${markdown(table)}`), `Reads and writes of each step: ${calls}.`,
    `### ${MOST.toLocaleString('en')} secrets of databases, all at once, with one function\n\n${markdown(databases.table)}`,
  ].join('\n\n');
}

async function main(write: boolean): Promise<void> {
  const report = await reportFleet();
  const terminal = new Terminal(process.stdout);
  for (const { title, table } of report.tables) {
    terminal.line();
    terminal.line(title);
    printTable(terminal, table);
  }
  terminal.line(`  Reads and writes of each step: ${report.calls}.`);
  terminal.line();
  printTable(terminal, report.databases.table);
  if (!write) { return; }
  writeFileSync(join(DOCS, 'fleet-peak.svg'), report.svg);
  writeFileSync(join(DOCS, 'fleet-databases.svg'), report.databases.svg);
  replaceBetween(join(DOCS, 'fleets.md'), fleetMarkdown(report));
}

if (require.main === module) {
  const { values: { write = false } } = startCommand({
    name: 'bench:fleet',
    description: 'Simulate a month of rotations of many secrets, with and without spreading them',
    options: { write: { type: 'boolean' } },
    usage: { '--write': 'write the tables into the docs' },
    after: ['bundle'],
  });
  void main(write);
}
