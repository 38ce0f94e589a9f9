import { join } from 'node:path';
import { build } from 'esbuild';
import { ASSETS, CORE, coreOptions, options } from '../scripts/build/bundle-options';

const PACKAGE = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/;

export interface Part {
  readonly asset: string;
  readonly from: string;
  readonly bytes: number;
}

/** The packages in each asset, the largest first. */
export async function composition(): Promise<Part[]> {
  const parts: Part[] = [];
  for (const { asset, how } of [{ asset: CORE, how: coreOptions() }, ...ASSETS.map((each) => ({ asset: each.name, how: options(each) }))]) {
    const { metafile } = await build({ ...how, write: false, metafile: true, outfile: join('assets', asset, 'index.js') });
    const bytes = new Map<string, number>();
    for (const [input, { bytesInOutput }] of Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))) {
      const from = packageOf(input);
      bytes.set(from, (bytes.get(from) ?? 0) + bytesInOutput);
    }
    parts.push(...[...bytes].map(([from, size]) => ({ asset, from, bytes: size })).sort((a, b) => b.bytes - a.bytes));
  }
  return parts;
}

/** The package of a source. */
export function packageOf(source: string): string {
  return PACKAGE.exec(source)?.[1] ?? 'cdk-rotating-secret';
}
