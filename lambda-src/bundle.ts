/* What esbuild leaves out of every asset. A `bundle.ts` beside an `entry.ts` has further options for its asset. */
import { join } from 'node:path';

/** Replaces a module. */
export interface Replacement {
  readonly module: RegExp;
  readonly contents: string;
}

export interface AssetBundle {
  /** The folder below `assets`. By default the name of the entry's folder. */
  readonly asset?: string;
  /** Replacements in this asset, in addition to those in every asset. */
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

export const EVERYWHERE: readonly Replacement[] = [
  // Lambda puts the role's credentials into the environment. The other sources of the default chain don't exist there, and are half of the SDK.
  { module: /^@aws-sdk\/credential-provider-node$/, contents: `export * from ${JSON.stringify(join(__dirname, 'environment-credentials.ts'))};` },
  // No operation of Secrets Manager streams events.
  { module: /^@smithy\/core\/event-streams$/, contents: unreachable('@smithy/core/event-streams') },
];
