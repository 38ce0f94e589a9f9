/**
 * The types for a module that `RotationTarget.module` bundles: its exports, their arguments and their replies. Published as
 * `cdk-rotating-secret/rotation`. Imports nothing.
 */

/** The value of a secret that is a JSON object. */
export type SecretObject = Readonly<Record<string, unknown>>;

/** A version of the secret. */
export interface SecretVersion<Value = SecretObject> {
  /** The version's id. */
  readonly versionId: string;
  /** The version's value: parsed if it is a JSON object, otherwise the string. */
  readonly value: Value;
}

/**
 * Writes to the log of the function, with the step and the secret. The values of the secret are masked: those of the versions, generated
 * passwords, and what createSecret returned, whole or six characters in a row, in upper or lower case, as they are or in JSON, URL or HTML
 * escapes, base64, or bytes in hexadecimal or decimal. In createSecret, lines are written when it is over; if it ends without a value,
 * words of 16 characters or more with letters and digits are masked too.
 *
 * Not masked: values of one or two characters, other encodings, hashes, and a key that the code got in another step. `console` masks
 * nothing.
 */
export interface RotationLog {
  /** Writes a line at the level INFO. */
  info(message: string): void;
  /** Writes a line at the level ERROR. It doesn't fail the step. An error that is thrown fails it, and so does the reply `failed`. */
  error(message: string): void;
}

/** The context of every step. */
export interface StepContext<Value = SecretObject> {
  /** The ARN of the secret. */
  readonly secretId: string;
  /** The version with the staging label AWSCURRENT, which readers have. */
  readonly current: SecretVersion<Value>;
  /** The version with AWSPREVIOUS, which readers had before. Undefined at the first rotation. */
  readonly previous?: SecretVersion<Value>;
  /** A log that masks the values of the secret. */
  readonly log: RotationLog;
  /** Aborted shortly before the function's time-out. Pass it on to calls that take one, such as `fetch`. */
  readonly signal: AbortSignal;
  /** The milliseconds that the step has: the time that Lambda leaves, less a second to log why it gave up. */
  remainingTimeInMillis(): number;
}

/** The context of `createSecret`. */
export interface CreateSecretContext<Value = SecretObject> extends StepContext<Value> {
  /** A new password by GetRandomPassword, with the policy of the target. */
  generatePassword(): Promise<string>;
}

/** The context of `setSecret`, `testSecret` and `finishSecret`. */
export interface RotationContext<Value = SecretObject> extends StepContext<Value> {
  /** The version to rotate to: the one with AWSPENDING. */
  readonly pending: SecretVersion<Value>;
}

/** It is done. Returning nothing means the same. */
export interface DoneReply {
  readonly status: 'done';
}

/** It isn't done yet. The step is called again while there is time. */
export interface NotYetReply {
  readonly status: 'notYet';
  /** Why, for the log. At most 1,000 characters; values of the secret in it are masked. null counts as absent. */
  readonly reason?: string | null;
  /**
   * The delay before the next call, in milliseconds. By default 200, and twice as long each time, up to 5,000. Less than 100 counts as 100; null
   * counts as absent.
   */
  readonly retryAfterMillis?: number | null;
}

/** It can't be done. The rotation fails, and Secrets Manager retries it later. */
export interface FailedReply {
  readonly status: 'failed';
  /** Why, and what to do about it, for the log. At most 1,000 characters; values of the secret in it are masked. */
  readonly reason: string;
}

/** How a step ended. */
export type Reply = DoneReply | NotYetReply | FailedReply;

/**
 * The exports of the module. Each function may be called again after a crash, a time-out or a lost reply, so it has to find out what is done
 * already. It may run while an earlier call is still running.
 */
export interface RotationModule<Value = SecretObject> {
  /**
   * Makes the next value, if the target makes it and not a password generator, such as an API that issues keys. It may be called more than once
   * for one rotation, and only one of the values is kept.
   *
   * The value is a string, or a plain object of what JSON knows. It differs from the current one in more than the order of its keys, and has all
   * keys of the current one. An object with only status, reason and retryAfterMillis is a reply, unless the current value has the key status
   * too. Lines of `log` are written when this is over, because only then all values to mask are known.
   */
  createSecret?(context: CreateSecretContext<Value>): Promise<Value | NotYetReply | FailedReply>;

  /** Makes the target accept the pending value. The target should keep accepting the current one until the rotation is over. */
  setSecret(context: RotationContext<Value>): Promise<Reply | void>;

  /** Fails unless the target accepts the pending value. Changes nothing: it also runs alone, when the schedule is deployed. */
  testSecret(context: RotationContext<Value>): Promise<Reply | void>;

  /**
   * Runs just before the pending version becomes AWSCURRENT. If the target accepts two credentials at a time, revoke the one of `previous` here.
   * The one of `current` then stays valid until the next rotation.
   */
  finishSecret?(context: RotationContext<Value>): Promise<Reply | void>;
}
