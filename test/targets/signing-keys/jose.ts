import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type * as Jose from 'jose' with { 'resolution-mode': 'import' };

/** The package has only ES modules, which Jest can't require on Node.js 20. */
function load(): typeof Jose {
  const folder = mkdtempSync(join(tmpdir(), 'jose-'));
  try {
    const outfile = join(folder, 'jose.cjs');
    buildSync({ entryPoints: [require.resolve('jose')], outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node20' });
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require(outfile) as typeof Jose;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const jose = load();
