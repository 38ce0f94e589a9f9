/**
 * The types of a module that `RotationTarget.module` bundles: what it exports, what it is given, and what it may answer.
 * Published as `cdk-rotating-secret/rotation`. Imports nothing.
 */

/** The value of a secret that is a JSON object. */
export type SecretObject = Readonly<Record<string, unknown>>;

/** A version of the secret. */
export interface SecretVersion<Value = SecretObject> {
  /** The version's id. */
  readonly versionId: string;
  /** The version's value: parsed where it is a JSON object, and the string as it is otherwise. */
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
  /** Writes a line at the level ERROR. It doesn't fail the step; throwing does, and so does the reply `failed`. */
  error(message: string): void;
}

/** What every step is given. */
export interface StepContext<Value = SecretObject> {
  /** The ARN of the secret. */
  readonly secretId: string;
  /** The version that readers have: the one with the staging label AWSCURRENT. */
  readonly current: SecretVersion<Value>;
  /** The version that readers had before: the one with AWSPREVIOUS. Undefined at the first rotation. */
  readonly previous?: SecretVersion<Value>;
  /** A log that masks the values of the secret. */
  readonly log: RotationLog;
  /** Aborted shortly before the function's time-out. Give it to whatever takes one, such as `fetch`. */
  readonly signal: AbortSignal;
  /** Milliseconds until the step has to be over: the time that Lambda leaves, less a second to say why it gave up. */
  remainingTimeInMillis(): number;
}

/** What `createSecret` is given. */
export interface CreateSecretContext<Value = SecretObject> extends StepContext<Value> {
  /** A new password by GetRandomPassword, with the policy of the target. */
  generatePassword(): Promise<string>;
}

/** What `setSecret`, `testSecret` and `finishSecret` are given. */
export interface RotationContext<Value = SecretObject> extends StepContext<Value> {
  /** The version to rotate to: the one with AWSPENDING. */
  readonly pending: SecretVersion<Value>;
}

/** It is done. The same as returning nothing. */
export interface DoneReply {
  readonly status: 'done';
}

/** It isn't done yet, and worth asking again: the step is called again, as long as there is time. */
export interface NotYetReply {
  readonly status: 'notYet';
  /** Why, for the log. At most 1,000 characters; values of the secret in it are masked. null counts as absent. */
  readonly reason?: string | null;
  /**
   * When to ask again, in milliseconds. By default after 200, then after twice as long each time, up to 5,000. Less than 100 counts as 100;
   * null counts as absent.
   */
  readonly retryAfterMillis?: number | null;
}

/** It can't be done. The rotation fails, and Secrets Manager tries it again later. */
export interface FailedReply {
  readonly status: 'failed';
  /** Why, and what to do about it, for the log. At most 1,000 characters; values of the secret in it are masked. */
  readonly reason: string;
}

/** How a step ended. */
export type Reply = DoneReply | NotYetReply | FailedReply;

/**
 * What the module exports. Every function is called again after a crash, a time-out or a lost reply, so each has to find out what is
 * done already, and each may run while an earlier call is still under way.
 */
export interface RotationModule<Value = SecretObject> {
  /**
   * Makes the next value, where the target makes it rather than a password generator, such as an API that issues keys. It may be
   * called more than once for one rotation, and only one of the values is kept.
   *
   * The value is a string, or a plain object of what JSON knows. It differs from the current one in more than the order of its keys, and
   * has all keys of the current one. An object of nothing but status, reason and retryAfterMillis is a reply, unless the current value has
   * the key status too. Lines of `log` are written when this is over, because only then it is known what to mask in them.
   */
  createSecret?(context: CreateSecretContext<Value>): Promise<Value | NotYetReply | FailedReply>;

  /** Makes the target accept the pending value. The current one should go on working until the rotation is over. */
  setSecret(context: RotationContext<Value>): Promise<Reply | void>;

  /** Fails unless the target accepts the pending value. Changes nothing: it also runs alone, when the schedule is deployed. */
  testSecret(context: RotationContext<Value>): Promise<Reply | void>;

  /**
   * Runs just before the pending version becomes the current one. Where the target takes two credentials at a time, this is where the
   * one of `previous` is revoked; that of `current` then stays valid until the next rotation.
   */
  finishSecret?(context: RotationContext<Value>): Promise<Reply | void>;
}
