/*
 * `npm run prove` prints one table of the proofs and their sizes. `--databases` proves the same for databases, on real servers. `--long`
 * explores more and runs the mutation tests; without it the table fits the time of a pull request. `--copies` only runs many copies of every
 * step at once, for generated values and databases, for 100 rotations each, or `--rounds=N`.
 */
import { join } from 'node:path';
import { catchNaiveActiveDirectory, withActiveDirectorySubjects } from './active-directory';
import { catchNaiveCacheUsers, withCacheUserSubjects } from './cache-user';
import { COMMON_CASES, DATABASE_CASES, ISSUED_CASES, runContractTests, TWO_PASSWORDS_CASES } from './cases';
import { countCopies, runCopies } from './copies';
import { catchNaiveStrategies, withDatabaseSubjects } from './databases';
import { exhaust, giveUp, SWITCHES } from './exhaustion';
import { interleave } from './interleavings';
import { ISSUED_TARGETS, NAIVE_ISSUED, overtake, refuseForeign, rotateAfterPut } from './issued-subjects';
import { catchNaiveLdap, withLdapSubjects } from './ldap';
import { catchNaiveMongo, withMongoSubjects } from './mongo';
import { catchNaive } from './naive';
import { catchNaiveOracle, withOracleSubjects } from './oracle';
import { EXAMPLE_TARGET, OWN_TARGETS } from './own-targets';
import { progressEvery, type Progress } from './progress';
import { catchNaiveRabbitMq, withRabbitMqSubjects } from './rabbitmq';
import { catchNaiveRedis, withRedisSubjects } from './redis';
import { SCENARIOS } from './scenarios';
import { NAIVE_KEYS, SIGNING_KEYS, UNPUBLISHED } from './signing-keys';
import { catchNaiveSqlServer, withSqlServerSubjects } from './sql-server';
import { SUBJECTS, type Subject } from './subjects';
import { TELLING } from './telling';
import { withoutTimers } from './without-timers';
import { Violation } from './world';
import { runTasks, startCommand } from '../../tools/command';
import { printTable } from '../../tools/table';
import { Terminal } from '../../tools/terminal';
import { runGuards } from '../mutation/guards';
import { runMutationTests } from '../mutation/report';

const ROOT = join(__dirname, '..', '..');
const HISTORIES = 3_000;
const LONG_HISTORIES = 100_000;
/** A real server is a hundred times as slow as a model. Seven has no factor in common with the four endings at a boundary. */
const EVERY_DATABASE_BOUNDARY = 7;
const EVERY_DATABASE_PAIR = 709;
const EVERY_REDIS_STALE = 31;
/** A rotation of issued keys has twice as many calls as others, and so four times as many pairs. */
const EVERY_ISSUED_PAIR = 53;
/** Verifiers check signatures at every instant. */
const EVERY_SIGNING_PAIR = 149;

/** Copies of a step at once, and in how many rotations. */
const COPIES = 20;
const ROUNDS = 100;
const DATABASE_ROUNDS = 2;

interface Row {
  readonly what: string;
  readonly result: string;
  readonly ok: boolean;
  readonly seconds: number;
}

const terminal = new Terminal(process.stdout);
const rows: Row[] = [];
let violations = 0;

interface Result {
  readonly result: string;
  readonly ok?: boolean;
}

const say = (line: string) => { process.stderr.write(`${line}\n`); };

/** Adds a row, with its duration. An error is a violation, or at least a failure. */
async function prove(what: string, run: (progress: Progress) => Promise<Result> | Result): Promise<void> {
  if (!what.includes(only)) { return; }
  const start = performance.now();
  say(`${what} ...`);
  let row: Result;
  try {
    row = await run(progressEvery(say));
  } catch (error) {
    reportViolation(what, error as Error);
    row = { result: error instanceof Violation ? `violation: ${error.invariant}` : (error as Error).message.split('\n')[0], ok: false };
  }
  const { result, ok = true } = row;
  const seconds = (performance.now() - start) / 1000;
  say(`  ${ok ? 'ok' : 'FAILED'}: ${result}, ${seconds.toFixed(0)} s`);
  rows.push({ what, result, ok, seconds });
}

function reportViolation(what: string, { message }: Error): void {
  violations++;
  console.error(`\n${what}\n${message}\n`);
}

async function proveCases(paths: readonly string[], numbers: readonly number[], details: boolean): Promise<void> {
  await prove('cases of the rotation contract that apply', async (progress) => {
    const { cases, failedOthers } = await runContractTests(ROOT, paths, numbers, progress);
    const missing = cases.filter(({ tests }) => tests === 0).map(({ number }) => number);
    const failed = cases.filter((one) => one.failed > 0).map(({ number }) => number);
    if (details) {
      printTable(terminal, { columns: ['Case', 'Tests', 'The first of them'], rows: cases.map(({ number, tests, test }) => [String(number), String(tests), test ?? '']) });
    }
    const trouble = [missing.length > 0 && `no test for ${missing.join()}`, failed.length > 0 && `failed: ${failed.join()}`, failedOthers.length > 0 && `failed, of no case: ${failedOthers.length}`].filter(Boolean).join('; ');
    return { result: trouble || `${cases.length} cases, each with a test of its number`, ok: trouble === '' };
  });
}

async function proveCopies(subject: Subject, rounds: number): Promise<void> {
  await prove(`${subject.name}: ${COPIES} copies of every step at once`, async (progress) => {
    const { violation, ...done } = await countCopies(subject, COPIES, rounds, progress);
    const result = `${done.rounds} of ${rounds} rotations, ${done.steps} steps: ${done.failed} failed, ${done.lockedOut} locked out`;
    if (violation) { reportViolation(subject.name, violation); }
    return { result, ok: violation === undefined };
  });
}

/** The proofs that hold for every target, with Secrets Manager in memory. */
async function proveGenerated(long: boolean, seed: number | undefined): Promise<void> {
  await proveCases(['test/rotation/', 'test/handler.test.ts'], [...COMMON_CASES, ...ISSUED_CASES], long);
  await prove('admission with one guard taken out', () => {
    const guards = runGuards();
    const missed = guards.filter(({ caughtBy }) => caughtBy === undefined);
    return { result: `${guards.length - missed.length} of ${guards.length} noticed${missed.map(({ guard }) => `, not ${guard}`).join('')}`, ok: missed.length === 0 };
  });
  if (long) {
    await prove('mutants of the handler', () => {
      const { total, killed, score } = runMutationTests();
      return { result: `${killed} of ${total} killed, ${score.toFixed(1)} %`, ok: score >= 90 };
    });
  }
  const restore = withoutTimers();
  for (const subject of SUBJECTS) {
    await prove(`${subject.name}: stopped at every boundary, at every pair, and with every stale read`, async (progress) => {
      const { boundaries, pairs, stale } = await exhaust(subject, { progress });
      return { result: `${boundaries} boundaries, ${pairs} pairs, ${stale} stale reads` };
    });
    await prove(`${subject.name}: random histories of two copies`, async (progress) => {
      const runs = long ? LONG_HISTORIES : HISTORIES;
      await interleave(subject, runs, seed, progress);
      return { result: `${runs} histories` };
    });
    await proveCopies(subject, ROUNDS);
    await prove(`${subject.name}: the scenarios of the classic mistakes`, async () => {
      let explored = 0;
      for (const scenario of Object.values(SCENARIOS)) { explored += await scenario(subject); }
      return { result: `${Object.keys(SCENARIOS).length} scenarios, ${explored} runs` };
    });
  }
  for (const subject of [...OWN_TARGETS, TELLING]) {
    await prove(`${subject.name}: stopped at every boundary and at every pair`, async (progress) => {
      const { boundaries, pairs } = await exhaust(subject, { switches: long ? SWITCHES : [{}], stale: false, progress });
      return { result: `${boundaries} boundaries, ${pairs} pairs` };
    });
  }
  await prove(`${EXAMPLE_TARGET.name}: given up before every call`, async () => ({ result: `${await giveUp(EXAMPLE_TARGET)} calls` }));
  for (const subject of ISSUED_TARGETS) {
    await prove(`${subject.name}: stopped at every boundary, and at ${long || pairs ? 'every pair' : 'some pairs'}`, async (progress) => {
      const options = { switches: long ? SWITCHES : [{}], stale: false, everyPair: long || pairs ? 1 : EVERY_ISSUED_PAIR, progress };
      const explored = await exhaust(subject, options);
      return { result: `${explored.boundaries} boundaries, ${explored.pairs} pairs` };
    });
    await prove(`${subject.name}: random histories, ${COPIES} copies at once, scenarios, given up before every call`, async (progress) => {
      const runs = long ? LONG_HISTORIES : HISTORIES / 3;
      await interleave(subject, runs, seed, progress);
      const steps = await runCopies(subject, COPIES, ROUNDS, progress);
      let explored = 0;
      for (const scenario of Object.values(SCENARIOS)) { explored += await scenario(subject); }
      await rotateAfterPut(subject);
      await overtake(subject);
      return { result: `${runs} histories, ${steps} steps, ${explored} runs, ${await giveUp(subject)} calls` };
    });
  }
  await prove('issued keys: a foreign key leaves no room', async () => {
    await refuseForeign();
    return { result: 'refused, and kept' };
  });
  await prove(`${SIGNING_KEYS[0].name}: scenarios`, async () => {
    let explored = 0;
    for (const [name, scenario] of Object.entries(SCENARIOS)) { if (name !== 'everyStop') { explored += await scenario(SIGNING_KEYS[0]); } }
    return { result: `${explored} runs` };
  });
  for (const subject of [...SIGNING_KEYS, UNPUBLISHED]) {
    await prove(`${subject.name}: stopped at every boundary and at ${long || pairs ? 'every pair' : 'some pairs'}, and random histories`, async (progress) => {
      const options = { switches: long ? SWITCHES : [{}], stale: false, everyPair: long || pairs ? 1 : EVERY_SIGNING_PAIR, progress };
      const explored = await exhaust(subject, options);
      const runs = long ? LONG_HISTORIES : HISTORIES / 30;
      await interleave(subject, runs, seed, progress);
      return { result: `${explored.boundaries} boundaries, ${explored.pairs} pairs, ${runs} histories` };
    });
  }
  await prove('naive targets that issue keys or sign', async () => {
    const caught = await Promise.all([...NAIVE_ISSUED, ...NAIVE_KEYS].map(async ({ name, breaks, run }) => {
      const violation: unknown = await run().catch((error: unknown) => error);
      return violation instanceof Violation && violation.invariant === breaks ? undefined : name;
    }));
    const missed = caught.filter((name) => name !== undefined);
    return { result: `${caught.length - missed.length} of ${caught.length} caught, for the reason they should${missed.map((name) => `, not: ${name}`).join('')}`, ok: missed.length === 0 };
  });
  await prove('naive handlers', async () => {
    const naive = await catchNaive();
    const missed = naive.filter(({ expected, caught }) => expected !== caught);
    printTable(terminal, {
      columns: ['Naive handler', 'Caught because it breaks', 'In'],
      rows: naive.map(({ mistake, caught, scenario }) => [mistake, caught ?? 'NOTHING', scenario]),
    });
    return { result: `${naive.length - missed.length} of ${naive.length} caught, for the reason they should`, ok: missed.length === 0 };
  });
  restore();
}

/** The proofs for databases: every call to Secrets Manager, every login and every statement is a boundary. */
async function proveDatabases(long: boolean): Promise<void> {
  await proveCases(['--testPathIgnorePatterns', '/node_modules/', '--', 'test/targets/database/servers'], DATABASE_CASES, true);
  await proveCases(['--testPathIgnorePatterns', '/node_modules/', '--', 'test/targets/redis/servers'], TWO_PASSWORDS_CASES, true);
  const proveDatabase = async (subject: Subject, everyStale?: number): Promise<void> => {
    const restore = withoutTimers();
    await prove(`${subject.name}: stopped at ${long ? 'every boundary, and at every pair' : 'every seventh boundary, and at some pairs'}`, async (progress) => {
      const sample = long ? {} : { everyBoundary: EVERY_DATABASE_BOUNDARY, everyPair: EVERY_DATABASE_PAIR };
      const { boundaries, pairs, stale } = await exhaust(subject, {
        switches: [{}], stale: everyStale !== undefined, everyStale, progress, ...sample,
      });
      return { result: `${boundaries} boundaries, ${pairs} pairs${everyStale === undefined ? '' : `, ${stale} stale reads`}` };
    });
    restore();
    await proveCopies(subject, long ? ROUNDS : DATABASE_ROUNDS);
  };
  await withDatabaseSubjects((subject) => proveDatabase(subject));
  await withRedisSubjects(long ? ['redis-7', 'valkey-8'] : ['valkey-8'], (subject) => proveDatabase(subject, EVERY_REDIS_STALE));
  await withCacheUserSubjects((subject) => proveDatabase(subject));
  await withRabbitMqSubjects((subject) => proveDatabase(subject));
  await withLdapSubjects((subject) => proveDatabase(subject));
  await withActiveDirectorySubjects((subject) => proveDatabase(subject));
  await withMongoSubjects((subject) => proveDatabase(subject));
  await withOracleSubjects((subject) => proveDatabase(subject));
  await withSqlServerSubjects((subject) => proveDatabase(subject));
  await prove('naive strategies', async () => {
    const naive = [
      ...await catchNaiveStrategies(), ...await catchNaiveRedis(), ...await catchNaiveCacheUsers(), ...await catchNaiveRabbitMq(),
      ...await catchNaiveLdap(), ...await catchNaiveActiveDirectory(), ...await catchNaiveMongo(),
      ...await catchNaiveOracle(), ...await catchNaiveSqlServer(),
    ];
    const missed = naive.filter(({ expected, caught }) => expected !== caught);
    return { result: `${naive.length - missed.length} of ${naive.length} caught${missed.map(({ mistake, caught }) => `, but ${mistake}: ${caught ?? 'nothing'}`).join('')}`, ok: missed.length === 0 };
  });
}

/** Only the copies: of generated values in memory, then of every kind of database. */
async function proveAllCopies(rounds: number): Promise<void> {
  const restore = withoutTimers();
  for (const subject of SUBJECTS) { await proveCopies(subject, rounds); }
  restore();
  await withDatabaseSubjects((subject) => proveCopies(subject, rounds));
}

async function main({ rounds, seed }: Options): Promise<void> {
  await (copies ? proveAllCopies(rounds) : databases ? proveDatabases(long) : proveGenerated(long, seed));
  terminal.line();
  printTable(terminal, {
    columns: ['Proven', 'How much', '', 'Seconds'],
    rows: rows.map(({ what, result, ok, seconds }) => [what, result, { text: ok ? 'ok' : 'FAILED', style: ok ? 'green' : 'red' }, seconds.toFixed(0)]),
  });
  const failed = rows.filter(({ ok }) => !ok).length;
  terminal.line();
  terminal.line(`Violations: ${violations}`);
  terminal.line(`${rows.length - failed} passed, ${failed} failed`);
  // Killed copies are still waiting.
  process.exit(failed === 0 && rows.length > 0 ? 0 : 1);
}

interface Options {
  readonly rounds: number;
  readonly seed?: number;
}

const { values: { databases = false, long = false, pairs = false, copies = false, only = '', rounds, seed } } = startCommand({
  name: 'prove',
  description: 'Prove that no crash, retry or race loses a credential, and print the table; takes minutes',
  options: {
    databases: { type: 'boolean' },
    long: { type: 'boolean' },
    pairs: { type: 'boolean' },
    only: { type: 'string' },
    copies: { type: 'boolean' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
  },
  usage: {
    '--databases': 'prove it of the databases, on real servers, as npm run prove:databases does',
    '--long': 'explore more',
    '--pairs': 'of targets whose values are issued, and of signing keys, every pair of boundaries instead of a sample',
    '--only=TEXT': 'only rows of the table with this text in their name',
    '--copies': 'run 20 copies of every step at once, on generated values and on real servers',
    '--rounds=N': `how many rotations --copies makes on each target, ${ROUNDS} by default`,
    '--seed=N': 'repeat a failure',
  },
});
if (rounds !== undefined && (!copies || !/^[1-9]\d*$/.test(rounds))) {
  process.stderr.write(copies ? `--rounds has to be a whole number from 1 on, got ${rounds}\n` : '--rounds says how many rotations --copies makes. Give both\n');
  process.exit(2);
}
if (seed !== undefined && !/^-?\d+$/.test(seed)) {
  process.stderr.write(`--seed has to be a whole number, got ${seed}\n`);
  process.exit(2);
}
if (databases || copies) { runTasks(['databases']); }
void main({ rounds: Number(rounds ?? ROUNDS), seed: seed === undefined ? undefined : Number(seed) });
