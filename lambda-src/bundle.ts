/* A `bundle.ts` beside an `entry.ts` has the options of its asset. */
import { join } from 'node:path';

/** Replaces a module. */
export interface Replacement {
  readonly module: RegExp;
  readonly contents: string;
}

export interface AssetBundle {
  /** The folder below `assets`. By default the name of the entry's folder. */
  readonly asset?: string;
  /** What esbuild replaces in this asset. */
  readonly replacements?: readonly Replacement[];
  /** Files beside the code. */
  readonly files?: () => Readonly<Record<string, Uint8Array>>;
  /** The packages whose data these files hold. Their licences ship too. */
  readonly dataOf?: readonly string[];
  /** Whether the asset loads what all share. True by default. If not, it has copies of what it imports. */
  readonly sharesCore?: boolean;
}

export const MODULES = join(__dirname, '..', 'node_modules');

export const unreachable = (what: string) => `throw new Error(${JSON.stringify(`${what} is not in this bundle`)});`;
