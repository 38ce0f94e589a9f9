/** The arguments and the report of `rehearse`. Published as `cdk-rotating-secret/testing`. Imports nothing. */

/** A module for `RotationTarget.module`: `import * as target from './my-target'`. */
export interface TargetModule {
  createSecret?(context: never): unknown;
  setSecret(context: never): unknown;
  testSecret(context: never): unknown;
  finishSecret?(context: never): unknown;
}

/** The handler of a Lambda function in JavaScript, for `RotationTarget.invoke`. It returns its reply, or a promise of it. */
export type TargetHandler = (event: never, context: never) => unknown;

/**
 * A Lambda function in any language, in a process of its own. The process asks the runtime API of Lambda for its events, as a runtime interface
 * client does, such as `python3 -m awslambdaric app.handler`.
 */
export interface TargetProcess {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The working directory of the process. @default - that of this process */
  readonly cwd?: string;
  /** Environment variables, in addition to those of this process and of Lambda. Variables of this process that begin with AWS_ are not passed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Environment variables with the HTTP address of a service that the function calls. The function gets the address of a proxy, so that each
   * request is a boundary at which it can crash.
   *
   * @default - only calls to Secrets Manager are boundaries
   */
  readonly services?: Readonly<Record<string, string>>;
}

/** The policy of generated passwords, as in the app. */
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
   * The value of the secret before its first rotation, which the target accepts. A function is called before each run. It brings the target into
   * the state in which it accepts only that value.
   */
  readonly secret: Value | (() => Value | Promise<Value>);
  /** As for the target in the app. @default - the whole string */
  readonly generateStringKey?: string;
  /** As for the target in the app. @default - 32 characters of all types */
  readonly passwordPolicy?: PasswordPolicy;
  /** Asks the target whether it accepts a value, without the code under rehearsal. @default - calls testSecret */
  readonly accepts?: (value: Value) => boolean | Promise<boolean>;
  /**
   * The state of the target, such as its keys. It is compared before and after testSecret, and counted at the end of every run.
   *
   * @default - testSecret is only checked by the methods of its HTTP requests, and nothing is counted
   */
  readonly state?: () => unknown;
  /**
   * Whether the target accepts one credential at a time. It may then refuse the value of AWSCURRENT from setSecret until the end of the
   * rotation, and that of AWSPREVIOUS after it.
   *
   * @default false
   */
  readonly singleCredential?: boolean;
  /** Keys of the value that change with a rotation and may be logged, such as the id of a key. @default - none */
  readonly notSecret?: readonly string[];
  /** Whether the function makes the value, as for `RotationTarget.invoke`. A module does if it exports createSecret. @default false */
  readonly createSecret?: boolean;
  /** Whether the function is invoked for finishSecret, as for `RotationTarget.invoke`. A module is if it exports it. @default false */
  readonly finishSecret?: boolean;
  /** The staging labels that the function may read, as for `RotationTarget.invoke`. @default - only AWSPENDING */
  readonly versionStages?: readonly string[];
  /** How long a step may take, in milliseconds. @default 10000 */
  readonly timeout?: number;
}

export type Step = 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';

/** The kinds of findings. Each is explained in docs/testing.md. */
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
  /** The step with the finding. */
  readonly step: Step;
  /** When or where in the step. */
  readonly where: string;
  /** What happened, its consequence, and what to do. Holds no value of the secret. */
  readonly message: string;
}

export interface RehearsalReport {
  /** Empty if nothing was found. */
  readonly findings: readonly Finding[];
  /** The number of runs. Each begins with the first value. */
  readonly runs: number;
  /** The number of boundaries of a rotation at which it was stopped. */
  readonly boundaries: number;
  /** @throws Error with all messages, if there are findings */
  assert(): void;
  toString(): string;
}

/**
 * Rotates with the code of the target against a strict Secrets Manager. Then rotates again for each I/O boundary, with a stop there and a retry.
 * It calls nothing in AWS. Other calls of the code are real.
 *
 * @throws Error if an option is invalid, or if `secret`, `accepts` or `state` throws
 */
export declare function rehearse<Value = Readonly<Record<string, unknown>>>(
  target: TargetModule | TargetHandler | TargetProcess, options: RehearsalOptions<Value>,
): Promise<RehearsalReport>;
