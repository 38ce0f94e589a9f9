/*
 * `npm run bench:beside-aws -- CHECKOUT`: AWS's rotation templates, from a clone of their repository, beside the assets of this package. Both get the
 * same faults, the same mistakes of others and the same rotations, on real database servers. No line of the templates is in this repository.
 */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { measureCosts, measureResident, type Costs } from './costs';
import { Database } from './database';
import { explore, RULES, type Exploration, type Rule } from './faults';
import { commitOf, ENGINE_NAMES, naive, nameOf, ours, templates, type Implementation, type Variant } from './implementations';
import { pythonOfTemplates, versionsOf } from './python';
import { lookAtWeakPoints, type WeakPoint } from './weak-points';
import type { RealEngine } from '../../servers';
import { startCommand } from '../../tools/command';
import { printTable, type Table } from '../../tools/table';
import { Terminal, wrap } from '../../tools/terminal';
import { markdown, replaceBetween } from '../docs';
import { nodeOfLambda } from '../node-of-lambda';
import { LATENCY_MS } from '../rotation';
import { ratio, show } from '../statistics';

const REPOSITORY = 'https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas';
interface Extent {
  /** From one point that is stopped at to the next. It is odd, to hit points before and after requests, and no longer than what goes wrong lasts. */
  readonly stride: number;
  readonly runs: number;
  /** Rotations in one process before its resident memory is read. */
  readonly warmRotations: number;
}

const EXTENTS: Readonly<Record<'quick' | 'sample' | 'long', Extent>> = {
  quick: { stride: 35, runs: 2, warmRotations: 10 },
  sample: { stride: 3, runs: 10, warmRotations: 100 },
  long: { stride: 1, runs: 10, warmRotations: 100 },
};
/** Its password is lost at several points in a row. */
const NAIVE_SAMPLE = 3;
/** The columns of prose in docs/. */
const PAGE_WIDTH = 120;
const ENGINES: readonly RealEngine[] = ['postgres', 'mysql', 'mariadb'];
const VARIANTS: readonly Variant[] = ENGINES.flatMap((engine) => [false, true].map((alternating) => ({ engine, alternating })));
const MEASURED = VARIANTS.filter(({ engine }) => engine !== 'mariadb');
const RESIDENT = VARIANTS[1];

const terminal = new Terminal(process.stdout);
const sections: { readonly title: string; readonly text: string; readonly table: Table }[] = [];

function section(title: string, text: string, table: Table): void {
  sections.push({ title, text, table });
  terminal.line();
  terminal.line(title);
  terminal.paragraph(text);
  printTable(terminal, table);
}

async function withDatabases<T>(engines: readonly RealEngine[], use: (databases: ReadonlyMap<string, Database>) => Promise<T>): Promise<T> {
  const databases = new Map<string, Database>();
  try {
    for (const engine of engines) { databases.set(engine, await Database.start(engine)); }
    return await use(databases);
  } finally {
    for (const database of databases.values()) { await database.stop(); }
  }
}

/** Shows that the harness can find something: a template of our own that loses passwords has to be caught. */
async function testSelf(python: string): Promise<void> {
  const caught = await withDatabases(['postgres'], (databases) => (
    explore({ implementation: naive(python), variant: VARIANTS[0], database: databases.get('postgres')! }, NAIVE_SAMPLE, ({ length }) => length > 0)
  ));
  if (caught.violations.length === 0) { throw new Error(`A template that loses passwords was not caught, at none of ${caught.faults} faults`); }
  terminal.line(`A naive template that loses passwords was caught: ${RULES[caught.violations[0].rule]}`);
}

async function exploreAll(implementation: Implementation, stride: number): Promise<Exploration[]> {
  const explorations: Exploration[] = [];
  for (const engine of ENGINES) {
    await withDatabases([engine], async (databases) => {
      for (const variant of VARIANTS.filter((each) => each.engine === engine)) {
        const exploration = await explore({ implementation, variant, database: databases.get(engine)! }, stride);
        explorations.push(exploration);
        terminal.line(`${implementation.name}, ${nameOf(variant)}: ${resultOf(exploration)}`);
        for (const { fault, rule, failures } of exploration.violations) {
          terminal.line(`  point ${fault.point}, ${fault.ending}: ${rule}; failed steps: ${failures.join(', ') || 'none'}`);
        }
      }
    });
  }
  return explorations;
}

function resultOf({ faults, violations }: Exploration): string {
  return `${faults} → ${violations.length}`;
}

interface CostRow {
  readonly name: string;
  readonly value: (costs: Costs) => number;
  readonly text: (costs: Costs) => string;
}

interface CostCells {
  readonly cells: readonly string[];
  /** Whether this package costs more. */
  readonly isWorse: boolean;
}

const MIB = 2 ** 20;
const COSTS: readonly CostRow[] = [
  { name: 'ready, ms', value: ({ ready }) => ready.median, text: ({ ready }) => show(ready) },
  { name: 'first reply, ms', value: ({ firstReply }) => firstReply.median, text: ({ firstReply }) => show(firstReply) },
  { name: 'a rotation, cold, ms', value: ({ cold }) => cold.median, text: ({ cold }) => show(cold) },
  { name: 'a rotation, warm, ms', value: ({ warm }) => warm.median, text: ({ warm }) => show(warm) },
  { name: 'calls to Secrets Manager in a warm rotation', value: ({ calls }) => calls, text: ({ calls }) => String(calls) },
  { name: 'peak memory, MiB', value: ({ peakMemory }) => peakMemory.median / MIB, text: ({ peakMemory }) => (peakMemory.median / MIB).toFixed(0) },
];

/** Every cost of every variant: a row for each, the templates first. */
function costRows(costs: readonly Costs[], resident: readonly number[], warmRotations: number): CostCells[] {
  const of = (variant: Variant, name: string) => costs.find((each) => each.variant === variant && each.implementation === name)!;
  const rows = MEASURED.flatMap((variant) => COSTS.map(({ name, value, text }) => {
    const [theirs, own] = [of(variant, 'AWS'), of(variant, 'ours')];
    return { cells: [nameOf(variant), name, text(theirs), text(own), ratio(value(own), value(theirs))], isWorse: value(own) > value(theirs) };
  }));
  const [theirs, own] = resident;
  const text = (bytes: number) => (bytes / MIB).toFixed(0);
  const cells = [nameOf(RESIDENT), `resident after ${warmRotations} warm rotations, MiB`, text(theirs), text(own), ratio(own, theirs)];
  return [...rows, { cells, isWorse: own > theirs }];
}

async function main(checkout: string, { stride, runs, warmRotations }: Extent, write: boolean): Promise<void> {
  const commit = commitOf(checkout);
  const node = nodeOfLambda();
  const python = pythonOfTemplates();
  const implementations = [templates(python, checkout), ours(node)];
  const before = loadavg()[0];
  const start = Date.now();
  await testSelf(python);

  terminal.line('Measuring what rotations cost');
  let versions: string[] = [];
  const costs = await withDatabases(['postgres', 'mysql'], async (databases) => {
    const measured = await measureCosts(implementations, MEASURED, databases, runs, (run) => terminal.line(`  run ${run} of ${runs}`));
    const resident: number[] = [];
    const database = databases.get(RESIDENT.engine)!;
    for (const implementation of implementations) { resident.push(await measureResident(implementation, RESIDENT, database, warmRotations)); }
    return costRows(measured, resident, warmRotations);
  });

  // What is counted doesn't depend on the time that it takes.
  terminal.line('Stopping rotations');
  const [theirs, own, weakPoints] = await Promise.all([
    exploreAll(implementations[0], stride),
    exploreAll(implementations[1], stride),
    withDatabases(ENGINES, (databases) => {
      versions = [...databases.values()].map(({ server }) => `${ENGINE_NAMES[server.engine as RealEngine]} ${server.version}`);
      return lookAtWeakPoints(implementations, databases);
    }),
  ]);

  const columns = ['', 'what', 'AWS', 'this package', 'this package to AWS'];
  section('Where AWS\'s templates are better', 'Every cost at which this package is worse. All costs are below.', {
    columns, rows: costs.filter(({ isWorse }) => isWorse).map(({ cells }) => cells),
  });
  faultSection(theirs, own, stride);
  weakPointSection(weakPoints);
  section('Costs', [
    `Medians of ${runs} processes each, in turns. A tenth of the processes is below the range in brackets, and a tenth above.`,
    `A call to Secrets Manager takes ${LATENCY_MS} ms.`,
  ].join(' '), { columns, rows: costs.map(({ cells }) => cells) });

  const nodeVersion = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const machine = [
    `Measured on ${new Date().toISOString().slice(0, 10)} beside commit [\`${commit.slice(0, 7)}\`](${REPOSITORY}/tree/${commit.slice(0, 7)})`,
    `${cpus().length} cores (${cpus()[0].model.trim()}), load ${before.toFixed(1)} before`,
    versionsOf(python), `Node.js ${nodeVersion}`, versions.join(', '),
  ].join('; ');
  terminal.line();
  terminal.line(`${machine}. It took ${((Date.now() - start) / 60_000).toFixed(1)} minutes.`);
  if (write) {
    const text = sections.map(({ title, text: about, table }) => `### ${title}\n\n${wrapped(about)}\n\n${markdown(table)}\n`).join('\n');
    replaceBetween(join(__dirname, '..', '..', 'docs', 'evidence.md'), `${wrapped(`${machine}.`)}\n\n${text}`, 'beside-aws');
  }
  if (own.some(({ violations }) => violations.length > 0)) {
    terminal.line('FAILED: a stopped rotation of this package broke a rule');
    process.exitCode = 1;
  }
}

function wrapped(text: string): string {
  return wrap(text, PAGE_WIDTH).join('\n');
}

function faultSection(theirs: readonly Exploration[], own: readonly Exploration[], stride: number): void {
  const broken = (explorations: readonly Exploration[]) => (Object.keys(RULES) as Rule[])
    .map((rule) => [rule, explorations.flatMap(({ violations }) => violations).filter((violation) => violation.rule === rule).length] as const)
    .filter(([, violations]) => violations > 0);
  const total = (explorations: readonly Exploration[]) => (
    `${explorations.reduce((sum, { faults }) => sum + faults, 0)} → ${explorations.reduce((sum, { violations }) => sum + violations.length, 0)}`
  );
  const rules = [['AWS', theirs], ['this package', own]] as const;
  const found = rules.flatMap(([name, explorations]) => broken(explorations).map(([rule, violations]) => `${name}, ${violations} times: *${RULES[rule]}*.`));
  section('A stop in the middle', [
    `Faults → violations, at ${stride === 1 ? 'every point' : `one point of ${stride}`}.`, found.length > 0 ? 'Rules that were broken:' : 'No rule was broken.', ...found,
  ].join(' '), {
    columns: ['', 'AWS', 'this package'],
    rows: [...VARIANTS.map((variant, index) => [nameOf(variant), resultOf(theirs[index]), resultOf(own[index])]), ['all', total(theirs), total(own)]],
  });
}

function weakPointSection(weakPoints: readonly WeakPoint[]): void {
  section('Other mistakes', 'What a rotation does if something other than the rotation is wrong.', {
    columns: ['', 'AWS', 'this package'],
    rows: weakPoints.map(({ name, found }) => [name, found.AWS, found.ours]),
  });
}

const { values: { quick = false, long = false, write = false }, positionals: [checkout] } = startCommand({
  name: 'bench:beside-aws',
  description: `Compare with AWS's rotation templates on real database servers. Needs a clone of ${REPOSITORY}, Python 3.11 and libpq`,
  options: { quick: { type: 'boolean' }, long: { type: 'boolean' }, write: { type: 'boolean' } },
  usage: {
    'CHECKOUT': 'the directory of the clone',
    '--quick': 'measure less',
    '--long': 'stop rotations at every point, not at one of three',
    '--write': 'write the tables into docs/evidence.md',
  },
  maxArguments: 1,
  minArguments: 1,
  after: ['databases', 'bundle'],
});
main(resolve(checkout), EXTENTS[quick ? 'quick' : long ? 'long' : 'sample'], write).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
  // A whole run left a loop behind once, and did not end.
}).finally(() => process.exit());
