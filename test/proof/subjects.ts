import { makeHandler, type RotationHandler } from '../../lambda-src/handler';
import type { Log } from '../../lambda-src/log';
import type { Sleep } from '../../lambda-src/rotation/deadline';
import type { SecretsManager } from '../../lambda-src/rotation/secrets-manager';
import { generatedTarget } from '../../lambda-src/targets/generated/target';
import type { Step } from '../../simulator';
import type { HandlerConfig } from '../../src/contract';

/** A call to anything but Secrets Manager. The proof decides how it ends. */
export type Perform = <T>(operation: string, kind: 'read' | 'write', work: () => Promise<T>) => Promise<T>;

/** The call with which a server issues a credential. The next call must be the Put that stores it. */
export const ISSUE = 'issue a credential';

/** The environment of a handler under proof. */
export interface HandlerDependencies {
  readonly client: SecretsManager;
  readonly log: Log;
  readonly sleep: Sleep;
  /** Gets every host that the target connects to. */
  readonly dial: (host: string) => void;
  /** Makes every call of the target. */
  readonly perform: Perform;
  /** Gets every message that a bus accepted. */
  readonly tell: (message: string) => void;
  /** Aborted when the copy of the function and its connections are killed. */
  readonly life: AbortSignal;
}

/** The server that accepts or refuses a credential: real, and the same for every run. */
export interface Server {
  /** Whether AWSCURRENT must be accepted at every instant, or only one of the labelled versions. */
  readonly alwaysAcceptsCurrent: boolean;
  /**
   * If two values are accepted at a time, the step that revokes the value of AWSPREVIOUS. It is accepted until then, and refused after the
   * rotation.
   */
  readonly revokesPreviousIn?: Step;
  /** Whether the value of AWSPREVIOUS must be accepted at every instant. The one before it is refused after the next rotation. */
  readonly alwaysAcceptsPrevious?: boolean;
  /** Resets it to the state before any rotation. */
  reset(): Promise<void>;
  accepts(value: string): Promise<boolean>;
  /** Lets enough time pass for every earlier copy of the function to end. */
  elapse?(): void;
  /** Lets the owner do what the error of a step asks for. False if the owner can do nothing. */
  obey?(error: string): boolean;
  /** The ids of its credentials that are in no value. */
  strays?(values: readonly string[]): string[];
  /** Whether a foreign credential was revoked. */
  hasRevokedForeign?(): boolean;
}

/** Makes a handler like a new process, with the configuration in the environment. */
export type HandlerFactory = (dependencies: HandlerDependencies) => RotationHandler;

/** A target under proof: its handler, and a check of values that is independent of the handler. */
export interface Subject {
  readonly name: string;
  readonly config: HandlerConfig;
  readonly makeHandler: HandlerFactory;
  /** Whether every promotion must be published. */
  readonly tells?: boolean;
  /** The server that has to accept the value, if there is one. */
  readonly server?: Server;
  /** The host that every credential must be sent to, whatever the values of secrets say. */
  readonly endpoint?: string;
  /** Other secrets that the handler reads, by name. */
  readonly otherSecrets?: Readonly<Record<string, string>>;
  /** The value of a version that has AWSPREVIOUS before the first rotation. */
  readonly previousValue?: string;
  /** Whether the first rotation makes the first credential. */
  readonly startsWithout?: boolean;
  /** Whether the server accepts no version before setSecret of the first rotation. */
  readonly startsRefused?: boolean;
  /** The value of the secret before its first rotation. */
  readonly value: string;
  /** The rotated part of a value, which must never leak. Undefined if the value isn't usable. */
  secretOf(value: string): string | undefined;
  /** The value without the rotated part. */
  restOf(value: string): string;
  /** The value after a change by hand. */
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
