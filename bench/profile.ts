import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { packageOf } from './composition';
import type { Peer } from './peers/bundles';
import { startOnce, subjectOf } from './start-up';
import { ASSETS, wholeOptions } from '../scripts/build/bundle-options';

/** The time of a start-up, until the first reply, in the code of each package. */
export interface Share {
  readonly from: string;
  readonly milliseconds: number;
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The time of a start-up by package: means of V8 profiles of many processes, the largest first. */
export async function profileStartUp(node: string, peer: Peer, runs: number): Promise<Share[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const profiles = join(folder, 'profiles');
    const outfile = join(folder, 'asset', 'index.js');
    mkdirSync(profiles);
    const asset = ASSETS.find(({ name }) => name === peer)!;
    cpSync(join(__dirname, '..', 'assets', asset.name), join(folder, 'asset'), { recursive: true });
    await build({ ...wholeOptions(asset), outfile, sourcemap: 'external' });
    const map = new SourceMap(JSON.parse(readFileSync(`${outfile}.map`, 'utf8')) as ConstructorParameters<typeof SourceMap>[0]);
    for (let run = 0; run < runs; run++) {
      await startOnce(node, { ...subjectOf(peer), directory: join(folder, 'asset') }, ['--cpu-prof', `--cpu-prof-dir=${profiles}`, '--cpu-prof-interval=100']);
    }
    const spent = new Map<string, number>();
    for (const name of readdirSync(profiles)) {
      const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(profiles, name), 'utf8')) as CpuProfile;
      const sources = new Map(nodes.map(({ id, callFrame }) => [id, sourceOf(callFrame, outfile, map)]));
      for (const [index, id] of samples.entries()) {
        const source = sources.get(id)!;
        spent.set(source, (spent.get(source) ?? 0) + timeDeltas[index] / 1000 / runs);
      }
    }
    return [...spent].map(([from, milliseconds]) => ({ from, milliseconds })).sort((a, b) => b.milliseconds - a.milliseconds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sourceOf({ functionName, url, lineNumber, columnNumber }: CallFrame, outfile: string, map: SourceMap): string {
  if (functionName === '(idle)') { return 'waiting'; }
  if (!url.startsWith('file:') || fileURLToPath(url) !== outfile) { return 'Node.js'; }
  const entry = map.findEntry(lineNumber, columnNumber) as { originalSource?: string };
  return entry.originalSource === undefined ? 'Node.js' : packageOf(entry.originalSource);
}
