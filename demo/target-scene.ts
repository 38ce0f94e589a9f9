import type { Stack } from 'aws-cdk-lib';
import type { ValueText } from './secret-text';
import type { SecretsManagerSimulator } from '../simulator';

/** What the demo of a target shows: each `scene.ts` below `targets/` exports one as `scene`. */
export interface TargetScene {
  /** What is rotated, as the title says it. */
  readonly title: string;
  /** The parts of the installation of servers that have to be there. @default - none: what is needed comes with npm ci */
  readonly installs?: readonly string[];
  readonly text: ValueText;
  /** What the outcomes of the steps mean here. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** How many credentials work at the same time: those of AWSCURRENT and AWSPREVIOUS, and what else. @default 2 */
  readonly accepted?: number;
  /** The change to the target after which the function is killed. */
  readonly change: Change;
  start(surroundings: Surroundings): Promise<TargetServer>;
}

export interface Change {
  /** Whether it is made before the value is stored. */
  readonly comesFirst: boolean;
  /** As it stands in the table: a main clause. */
  readonly description: string;
}

export interface Surroundings {
  /** For files; goes when the demo ends. */
  readonly directory: string;
  readonly simulator: SecretsManagerSimulator;
  /** To be asked before each reply of the target to the function. If it says so, the reply has to get lost. */
  readonly losesReply: () => Promise<boolean>;
}

/** A server that runs, and an app for it. */
export interface TargetServer {
  /** What it is, and what is only a stand-in. */
  readonly description: readonly string[];
  /** Environment variables that the function needs in addition to those of the template, to find this server. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The app that is deployed: one secret and its function. */
  addTo(stack: Stack): void;
  /** The work that has to be done once, when the secret exists. */
  prepare?(value: string): Promise<void>;
  /** Logs in as a reader of the secret does. */
  logIn(value: string): Promise<boolean>;
  /** Whether the change of the pending version is made. `values` are those of all versions. */
  hasChanged(pending: string | undefined, values: readonly string[]): Promise<boolean>;
  /** Runs before each rotation, such as the time that has to pass between two. */
  beforeRotation?(): Promise<string | undefined>;
  /** Further things that have to hold when all is over. */
  afterwards?(): readonly { readonly sentence: string; readonly holds: boolean }[];
  stop(): Promise<void>;
}
