/*
 * `npm run bench`: compares speed, size and counts with handwritten code, in one run on one machine. `--quick` measures less. `--write` puts the
 * results into docs/benchmark.md, its plots and docs/evidence.md.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { nameOf } from './beside-aws/implementations';
import { composition } from './composition';
import { markdown, replaceBetween } from './docs';
import { measureMemory } from './memory';
import { nodeOfLambda } from './node-of-lambda';
import { measurePackage } from './package';
import { PEERS } from './peers/bundles';
import { plot } from './plot';
import { profileStartUp, type Share } from './profile';
import { LATENCY_MS, measureFleet, measureRotations } from './rotation';
import { measureStartUps, type StartUp } from './start-up';
import { kilobytes, ratio, show } from './statistics';
import { measureSyntheses, mostSecrets, type Synthesis, type Whose } from './synthesis';
import { ASSETS, CORE } from '../scripts/build/bundle-options';
import { startCommand } from '../tools/command';
import { printTable, type Table } from '../tools/table';
import { Terminal } from '../tools/terminal';

const ROOT = join(__dirname, '..');
/** In MiB. */
const MEMORY_SIZE = 256;
const terminal = new Terminal(process.stdout);
const sections: { readonly title: string; readonly text?: string; readonly table: Table }[] = [];

function section(title: string, table: Table, text?: string): void {
  sections.push({ title, text, table });
  terminal.line();
  terminal.line(title);
  printTable(terminal, table);
  if (text) { terminal.line(`  ${text}`); }
}

async function main(quick: boolean, write: boolean): Promise<void> {
  const node = nodeOfLambda();
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const before = loadavg()[0];

  const startUps = await measureStartUps(node, quick ? 5 : 40);
  const of = (name: string) => startUps.find((startUp) => startUp.name === name)!;
  const [floor] = startUps;
  section('Start-up, in milliseconds: median (10th – 90th percentile)', {
    columns: ['Handler', 'Ready', 'First reply', 'Memory', 'Ready, relative to by hand', 'The same, without Node.js itself'],
    rows: startUps.map((startUp) => {
      const peer = startUp.peer && startUp.name.endsWith('ours') ? of(`${startUp.peer}, by hand`) : undefined;
      return [
        startUp.name, show(startUp.ready), show(startUp.replied), `${(startUp.memory.median / 1e6).toFixed(0)} MB`,
        peer ? ratio(startUp.ready.median, peer.ready.median) : '', peer ? ratio(aboveFloor(startUp, floor), aboveFloor(peer, floor)) : '',
      ];
    }),
  }, `By hand means NodejsFunction's default, with the SDK of the runtime, here that of node_modules. ${startUps[0].ready.runs} processes each, in turns, with Node.js ${version}.`);

  const shares: Share[][] = [];
  for (const peer of PEERS) { shares.push(await profileStartUp(node, peer, quick ? 2 : 10)); }
  section('Time until the first reply by package, in milliseconds', {
    columns: ['Handler', 'Packages'],
    rows: PEERS.map((peer, index) => [
      peer, shares[index].filter(({ milliseconds }) => milliseconds >= 0.5).map(({ from, milliseconds }) => `${from} ${milliseconds.toFixed(1)}`).join(', '),
    ]),
  }, 'Measured with V8\'s profiler, which makes everything a little slower. Node.js: its own start, its modules for HTTPS and cryptography, and the compiler.');

  const others = ASSETS.map(({ name }) => name).filter((name) => !['generated', ...PEERS, 'invoke', 'module', 'guard', 'notification'].includes(name));
  const assets = [CORE, 'generated', 'postgres', 'mysql', 'invoke', ...others].map((asset) => ({ asset, bytes: statSync(join(ROOT, 'assets', asset, 'index.js')).size }));
  const parts = await composition();
  section('Contents of the assets', {
    columns: ['Asset', 'JavaScript', 'Packages'],
    rows: assets.map(({ asset, bytes }) => [asset, kilobytes(bytes), parts.filter((part) => part.asset === asset && part.bytes > 4_000).map((part) => `${part.from} ${kilobytes(part.bytes)}`).join(', ')]),
  });

  const [ours, byHand] = await measureRotations(node, quick ? 3 : 30);
  section(`A rotation of a generated value, ${LATENCY_MS} ms for each call`, {
    columns: ['', 'Milliseconds', 'Of which processor', 'Reads', 'Writes'],
    rows: [ours, byHand].map(({ name, wallMs, cpuMs, reads, writes }) => [name, show(wallMs), cpuMs.toFixed(0), String(reads), String(writes)]),
  });

  const syntheses = measureSyntheses(quick ? 1 : 5, quick ? [1, 10] : undefined);
  const find = (whose: Whose, secrets: number) => syntheses.find((synthesis) => synthesis.whose === whose && synthesis.secrets === secrets);
  const cell = (synthesis: Synthesis | undefined) => synthesis ? `${show(synthesis.milliseconds)} ms, ${kilobytes(synthesis.templateBytes)}, ${synthesis.resources} resources` : 'more than a stack holds';
  section('Synthesis, without loading CDK', {
    columns: ['Secrets', 'Ours, one function', 'addRotationSchedule, one function', 'addRotationSchedule, a function each'],
    rows: [...new Set(syntheses.map(({ secrets }) => secrets))].map((secrets) => [
      String(secrets), cell(find('ours', secrets)), cell(find('sharedFunction', secrets)), cell(find('functionEach', secrets)),
    ]),
  });
  const each = (whose: Whose) => ((find(whose, 10)!.resources - find(whose, 1)!.resources) / 9).toFixed(0);
  section('Counts', {
    columns: ['', 'Resources for each further secret', 'Secrets in a stack, with their function'],
    rows: ([['ours, one function', 'ours'], ['addRotationSchedule, one function', 'sharedFunction'], ['addRotationSchedule, a function each', 'functionEach']] as const)
      .map(([name, whose]) => [name, each(whose), String(mostSecrets(syntheses, whose))]),
  });

  const tarball = measurePackage(quick ? 1 : 5);
  section('The package', {
    columns: ['Packed', 'Unpacked', 'Files', 'Installation, in addition to CDK', 'Loading, in addition to CDK'],
    rows: [[kilobytes(tarball.packedBytes), kilobytes(tarball.unpackedBytes), String(tarball.files), `${show(tarball.install)} ms`, `${show(tarball.require, 1)} ms`]],
  });

  const fleet = await measureFleet(quick ? 100 : 1000, 50);
  section('A fleet with one warm handler', {
    columns: ['Rotations', 'At a time', 'A second', 'Memory after a tenth', 'After all'],
    rows: [[String(fleet.rotations), String(fleet.atOnce), fleet.perSecond.toFixed(0), `${(fleet.early / 1e6).toFixed(1)} MB`, `${(fleet.late / 1e6).toFixed(1)} MB`]],
  });

  const memories = [];
  for (const engine of ['postgres', 'mysql'] as const) {
    memories.push(await measureMemory(node, { engine, alternating: true }, quick ? 60 : 2000, MEMORY_SIZE));
  }
  const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);
  section('Resident memory of one process, in MiB', {
    columns: ['Database', 'Warm rotations', 'After a tenth', 'After all', 'At most'],
    rows: memories.map(({ variant, rotations, early, late, peak }) => [nameOf(variant), String(rotations), ...[early, late, peak].map(mebibytes)]),
  }, `With Lambda's flags for Node.js in ${MEMORY_SIZE} MiB, the default${memories[0].isHeld ? ', and held to it by the kernel' : ''}.`);

  const most = quick ? 10 : 160;
  const startUpRatio = (peer: string) => of(`${peer}, ours`).ready.median / of(`${peer}, by hand`).ready.median;
  const synthesisRatio = (a: Whose, b: Whose, secrets: number) => find(a, secrets)!.milliseconds.median / find(b, secrets)!.milliseconds.median;
  const reach: [string, string, number, number, (value: number) => string][] = [
    ['generated asset, with the core', '60 kB', 60_000, assets[0].bytes + assets[1].bytes, kilobytes],
    ['a database asset, with the core', '300 kB', 300_000, Math.max(...assets.slice(2, 4).map(({ asset, bytes }) => assets[0].bytes + bytes + statSync(join(ROOT, 'assets', asset, 'rds-certificates.json.gz')).size)), kilobytes],
    ['start-up, generated, relative to by hand', '0.35 ×', 0.35, startUpRatio('generated'), (value) => `${value.toFixed(2)} ×`],
    ['start-up, database, relative to by hand with the same driver', '0.5 ×', 0.5, Math.max(...PEERS.slice(1).map(startUpRatio)), (value) => `${value.toFixed(2)} ×`],
    ['first reply above the floor, generated', '25 ms', 25, of('generated, ours').replied.median - startUps[1].replied.median, (value) => `${value.toFixed(0)} ms`],
    ['memory of a cold step, relative to a handler of one line', '1.25 ×', 1.25, Math.max(...PEERS.map((peer) => of(`${peer}, ours`).memory.median)) / floor.memory.median, (value) => `${value.toFixed(2)} ×`],
    ['calls in a rotation of a generated value', '10', 10, ours.reads + ours.writes, String],
    ['of which writes', '2', 2, ours.writes, String],
    ['resources for a further secret', '2', 2, Number(each('ours')), String],
    ['synthesis of one secret, relative to one by hand', '0.2 ×', 0.2, synthesisRatio('oursAlone', 'functionEach', 1), (value) => `${value.toFixed(2)} ×`],
    [`synthesis of ${most} secrets, relative to addRotationSchedule with one function`, '0.8 ×', 0.8, synthesisRatio('ours', 'sharedFunction', most), (value) => `${value.toFixed(2)} ×`],
    ['resident after warm rotations, alternating users', '130 MiB', 130 * 1024 * 1024, Math.max(...memories.map(({ late }) => late)), (value) => `${mebibytes(value)} MiB`],
    ['packed tarball', '2 MB', 2_000_000, tarball.packedBytes, kilobytes],
  ];
  section('Goals', {
    columns: ['What', 'At most', 'Measured', ''],
    rows: reach.map(([what, limit, most_, measured, format]) => [what, limit, format(measured), measured <= most_ ? 'reached' : 'not reached']),
  });

  const machine = `${cpus().length} cores (${cpus()[0].model.trim()}), load ${before.toFixed(1)} before; Node.js ${version} for handlers, ${process.version} for the rest; `
    + `aws-cdk-lib ${versionOf('aws-cdk-lib')}`;
  terminal.line();
  terminal.line(machine);
  if (write) { writeDocs(machine, syntheses, reach.map(([what, , , measured, format]) => [what, format(measured)])); }
}

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string }).version;
}

function aboveFloor({ ready }: StartUp, floor: StartUp): number {
  return ready.median - floor.ready.median;
}

function writeDocs(machine: string, syntheses: readonly Synthesis[], measured: readonly (readonly string[])[]): void {
  const lines = (value: (synthesis: Synthesis) => number) => ([
    ['ours', 'ours', '#2a7'], ['one function', 'sharedFunction', '#c70'], ['a function each', 'functionEach', '#c35'],
  ] as const).map(([name, whose, color]) => ({
    name,
    color,
    points: syntheses.filter((synthesis) => synthesis.whose === whose).map((synthesis) => [synthesis.secrets, value(synthesis)] as const),
  }));
  writeFileSync(join(ROOT, 'docs', 'synthesis-time.svg'), plot('Synthesis', 'milliseconds', lines(({ milliseconds }) => milliseconds.median)));
  writeFileSync(join(ROOT, 'docs', 'template-size.svg'), plot('Template', 'kB', lines(({ templateBytes }) => templateBytes / 1000)));
  const page = join(ROOT, 'docs', 'benchmark.md');
  const tables = sections.map(({ title, text, table }) => [`### ${title}`, '', markdown(table), ...text ? ['', text] : [], ''].join('\n')).join('\n');
  replaceBetween(page, `${machine}.\n\n${tables}`);
  replaceBetween(join(ROOT, 'docs', 'evidence.md'), markdown({ columns: ['', ''], rows: measured }));
}

const { values: { quick = false, write = false } } = startCommand({
  name: 'bench',
  description: 'Measure it beside what people write by hand, in one run, and print the tables',
  options: { quick: { type: 'boolean' }, write: { type: 'boolean' } },
  usage: { '--quick': 'measure less', '--write': 'write the tables into the docs' },
  after: ['bundle'],
});
void main(quick, write);
