import { makeHandler, type RotationHandler } from '../../lambda-src/handler';
import type { Log } from '../../lambda-src/log';
import type { Sleep } from '../../lambda-src/rotation/deadline';
import { generatedTarget } from '../../lambda-src/targets/generated/target';
import type { InMemoryClient, Step } from '../../simulator';
import type { HandlerConfig } from '../../src/contract';

/** A call to something that isn't Secrets Manager, which ends as the proof decides. */
export type Perform = <T>(operation: string, kind: 'read' | 'write', work: () => Promise<T>) => Promise<T>;

/** The call with which a server issues a credential. The next call has to be the Put that stores it. */
export const ISSUE = 'issue a credential';

/** What a handler under proof is given. */
export interface HandlerDependencies {
  readonly client: InMemoryClient;
  readonly log: Log;
  readonly sleep: Sleep;
  /** Is told of every host that the target connects to. */
  readonly dial: (host: string) => void;
  /** Makes every call of the target. */
  readonly perform: Perform;
  /** Is told of every message that a bus took. */
  readonly tell: (message: string) => void;
  /** Aborted when the copy of the function is killed, and its connections with it. */
  readonly life: AbortSignal;
}

/** What accepts a credential, or doesn't: real, and the same for every run. */
export interface Server {
  /** Whether AWSCURRENT is accepted at every instant, or only one of the versions with a label. */
  readonly alwaysAcceptsCurrent: boolean;
  /** Where two values are accepted at a time, the step that revokes that of AWSPREVIOUS: it is accepted until then, and refused when the rotation is over. */
  readonly revokesPreviousIn?: Step;
  /** Makes it what it was before any rotation. */
  reset(): Promise<void>;
  accepts(value: string): Promise<boolean>;
  /** So much time passes that every earlier copy of the function has ended. */
  elapse?(): void;
  /** The owner does what the error of a step asks for. False if it asks for nothing that the owner can do. */
  obey?(error: string): boolean;
  /** The ids of its credentials that are in none of the values. */
  strays?(values: readonly string[]): string[];
  /** Whether a credential of somebody else was revoked. */
  hasRevokedForeign?(): boolean;
}

/** Makes a handler as a new process would, with the configuration in the environment. */
export type HandlerFactory = (dependencies: HandlerDependencies) => RotationHandler;

/** A target under proof: its handler, and how to tell a right value from a wrong one without the handler's own code. */
export interface Subject {
  readonly name: string;
  readonly config: HandlerConfig;
  readonly makeHandler: HandlerFactory;
  /** Whether somebody has to be told of every promotion. */
  readonly tells?: boolean;
  /** What has to accept the value, if anybody. */
  readonly server?: Server;
  /** Other secrets that the handler reads, by name. */
  readonly otherSecrets?: Readonly<Record<string, string>>;
  /** Of a version that has AWSPREVIOUS before the first rotation. */
  readonly previousValue?: string;
  /** Whether the first rotation makes the first credential. */
  readonly startsWithout?: boolean;
  /** The value of the secret before its first rotation. */
  readonly value: string;
  /** The rotated part of a value, which must never be seen outside; undefined where the value isn't usable. */
  secretOf(value: string): string | undefined;
  /** Everything of a value but the rotated part. */
  restOf(value: string): string;
  /** The value as somebody changes it by hand. */
  changedByHand(value: string, n: number): string;
}

const JSON_VALUE = '{ "username": "user1", "password": "first-password-of-all", "port": 5432.0, "n\\u006fte": "password" }';

/** A target is in the whole proof by being in this list. */
export const SUBJECTS: readonly Subject[] = [
  {
    name: 'generated, a key',
    config: { target: 'generated', generateStringKey: 'password', passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler(generatedTarget, dependencies),
    value: JSON_VALUE,
    secretOf: passwordOf,
    restOf: (value) => value.replace(JSON.stringify(passwordOf(value)), '_'),
    changedByHand: (value, n) => n % 2 === 0 ? value.replace(/"user\d+"/, `"user${n + 2}"`) : value.replace(JSON.stringify(passwordOf(value)), `"by-hand-password-${n}"`),
  },
  {
    name: 'generated, the whole string',
    config: { target: 'generated', passwordPolicy: { excludePunctuation: true } },
    makeHandler: (dependencies) => makeHandler(generatedTarget, dependencies),
    value: 'first-password-of-all',
    secretOf: (value) => value === '' ? undefined : value,
    restOf: () => '',
    changedByHand: (_, n) => `by-hand-password-${n}`,
  },
];

function passwordOf(value: string): string | undefined {
  try {
    const { password } = JSON.parse(value) as { password?: unknown };
    return typeof password === 'string' ? password : undefined;
  } catch {
    return undefined;
  }
}
