/*
 * What esbuild leaves out of every asset, and what an entry may say of its own: `bundle.ts` beside its `entry.ts`.
 */
import { join } from 'node:path';

/** Takes the place of a module. */
export interface Replacement {
  readonly module: RegExp;
  readonly contents: string;
}

export interface AssetBundle {
  /** The folder below `assets`; the name of the entry's folder unless told otherwise. */
  readonly asset?: string;
  /** What of this entry's modules is replaced, besides what is replaced everywhere. */
  readonly replacements?: readonly Replacement[];
  /** Modules that are replaced everywhere else. */
  readonly needs?: readonly string[];
  /** What lies beside the code. */
  readonly files?: () => Readonly<Record<string, Uint8Array>>;
  /** The packages whose data these files hold, which have licences too. */
  readonly dataOf?: readonly string[];
  /** Where it rotates nothing, it has nothing to tell. */
  readonly rotates?: boolean;
}

export const MODULES = join(__dirname, '..', 'node_modules');

export const unreachable = (what: string) => `throw new Error(${JSON.stringify(`${what} is not in this bundle`)});`;

export const EVERYWHERE: readonly Replacement[] = [
  // Lambda puts the role's credentials into the environment; the other sources of the default chain are never there, and half of the SDK.
  { module: /^@aws-sdk\/credential-provider-node$/, contents: `export * from ${JSON.stringify(join(__dirname, 'environment-credentials.ts'))};` },
  // No operation of Secrets Manager streams events.
  { module: /^@smithy\/core\/event-streams$/, contents: unreachable('@smithy/core/event-streams') },
];
