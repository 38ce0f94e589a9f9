import { cpSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the bundled assets. */
export const ASSETS = join(__dirname, '..', 'assets');
const CORE = 'core';

/** Copies an asset, and the core that it loads, into a folder, as synthesis does. Returns the folder of the asset in it. */
export function copyAsset(asset: string, folder: string): string {
  for (const each of [CORE, asset]) { cpSync(join(ASSETS, each), join(folder, each), { recursive: true }); }
  return join(folder, asset);
}
