/**
 * What `rehearse` takes, and what it reports. Published as `cdk-rotating-secret/testing`. Imports nothing.
 */

/** A module as `RotationTarget.module` takes it: `import * as target from './my-target'`. */
export interface TargetModule {
  createSecret?(context: never): unknown;
  setSecret(context: never): unknown;
  testSecret(context: never): unknown;
  finishSecret?(context: never): unknown;
}

/** The handler of a Lambda function in JavaScript, as `RotationTarget.invoke` invokes it. It returns its reply, or a promise of it. */
export type TargetHandler = (event: never, context: never) => unknown;

/**
 * A Lambda function in any language, as a process of its own that asks the runtime API of Lambda for its events. A runtime interface
 * client does that, such as `python3 -m awslambdaric app.handler`.
 */
export interface TargetProcess {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The directory in which it runs. @default - that of this process */
  readonly cwd?: string;
  /** Environment variables besides those of this process and of Lambda. Of this process, none that begins with AWS_ is passed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Environment variables that hold the HTTP address of a service that the function calls. The function is given the address of a proxy
   * instead, for every request there is a boundary at which it can die.
   *
   * @default - only calls to Secrets Manager are boundaries
   */
  readonly services?: Readonly<Record<string, string>>;
}

/** What a generated password is made of, as in the app. */
export interface PasswordPolicy {
  readonly passwordLength?: number;
  readonly excludeCharacters?: string;
  readonly excludeLowercase?: boolean;
  readonly excludeUppercase?: boolean;
  readonly excludeNumbers?: boolean;
  readonly excludePunctuation?: boolean;
  readonly includeSpace?: boolean;
  readonly requireEachIncludedType?: boolean;
}

export interface RehearsalOptions<Value = Readonly<Record<string, unknown>>> {
  /**
   * The value of the secret before its first rotation, which the target accepts. As a function it is called before each run, and brings
   * the target into the state in which it accepts that value alone.
   */
  readonly secret: Value | (() => Value | Promise<Value>);
  /** As for the target in the app. @default - the whole string */
  readonly generateStringKey?: string;
  /** As for the target in the app. @default - 32 characters of all types */
  readonly passwordPolicy?: PasswordPolicy;
  /** Asks the target whether it accepts a value, without the code under rehearsal. @default - asks testSecret */
  readonly accepts?: (value: Value) => boolean | Promise<boolean>;
  /**
   * What the target holds, such as its keys. It is compared before and after testSecret, and counted at the end of every run.
   *
   * @default - testSecret is only held against the methods of its HTTP requests, and nothing is counted
   */
  readonly state?: () => unknown;
  /**
   * Whether the target takes one credential at a time, so that the value of AWSCURRENT may be refused from setSecret until the end of the
   * rotation, and that of AWSPREVIOUS after it.
   *
   * @default false
   */
  readonly singleCredential?: boolean;
  /** Keys of the value that change with a rotation and may be logged all the same, such as the id of a key. @default - none */
  readonly notSecret?: readonly string[];
  /** Whether the function makes the value, as for `RotationTarget.invoke`. A module does where it exports createSecret. @default false */
  readonly createSecret?: boolean;
  /** Whether the function is invoked for finishSecret, as for `RotationTarget.invoke`. A module is where it exports it. @default false */
  readonly finishSecret?: boolean;
  /** The staging labels that the function may read, as for `RotationTarget.invoke`. @default - AWSPENDING alone */
  readonly versionStages?: readonly string[];
  /** How long a step may take, in milliseconds. @default 10000 */
  readonly timeout?: number;
}

export type Step = 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';

/** What would go wrong. Each is explained in docs/testing.md. */
export type FindingKind =
  | 'rotationFails'
  | 'accessDenied'
  | 'stepHangs'
  | 'requestNotAwaited'
  | 'currentRefused'
  | 'previousRefused'
  | 'retryFails'
  | 'nextRotationFails'
  | 'credentialLeft'
  | 'errorSwallowed'
  | 'testSecretWrites'
  | 'testSecretTestsNothing'
  | 'valueLogged';

export interface Finding {
  readonly kind: FindingKind;
  /** The step to look at. */
  readonly step: Step;
  /** When or where in it. */
  readonly where: string;
  /** What happened, what it would cost, and what to do. Holds no value of the secret. */
  readonly message: string;
}

export interface RehearsalReport {
  /** Empty where nothing was found. */
  readonly findings: readonly Finding[];
  /** How many histories were played, each from the first value on. */
  readonly runs: number;
  /** At how many boundaries of a rotation it was stopped. */
  readonly boundaries: number;
  /** @throws Error with all messages, where there are findings */
  assert(): void;
  toString(): string;
}

/**
 * Rotates with the code of the target against a strict Secrets Manager, then again and again, with a stop at every I/O boundary and a
 * retry. Nothing of AWS is reached, and only what the code itself calls.
 *
 * @throws Error where an option is misused, or `secret`, `accepts` or `state` throws
 */
export declare function rehearse<Value = Readonly<Record<string, unknown>>>(
  target: TargetModule | TargetHandler | TargetProcess, options: RehearsalOptions<Value>,
): Promise<RehearsalReport>;
