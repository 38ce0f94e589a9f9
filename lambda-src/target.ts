import type { Tags } from './rotation/admit';
import type { Deadline } from './rotation/deadline';

/** The ids of a rotation: the secret and its versions. */
export interface RotationIds {
  readonly secretId: string;
  readonly pending: string;
  readonly current: string;
  /** Undefined if no version has AWSPREVIOUS. */
  readonly previous?: string;
  /** The rotation token for a PutSecretValue of the pending version. */
  readonly rotationToken?: string;
  /** The tags of the secret. The permission to put values isn't enough to change them. */
  readonly tags?: Tags;
}

/** The values that a step may need, read on demand. */
export interface SecretValues {
  readonly ids: RotationIds;
  pending(): Promise<string>;
  /** Undefined if it has no value yet. Doesn't wait for one. */
  pendingIfAny(): Promise<string | undefined>;
  current(): Promise<string>;
  /** The value of the version that had AWSPREVIOUS when the step began. Undefined if there is none, or it can't be read. */
  previous(): Promise<string | undefined>;
  /**
   * All values of the secret's versions now, to mask them: pending, if it has one yet, current and previous. Doesn't wait for values. Throws if
   * an existing value can't be read.
   */
  known(): Promise<string[]>;
  /** Throws unless the staging labels still allow the rotation. For a write that a cancelled rotation may not make. */
  checkInProgress(): Promise<void>;
  /** The current value of another secret. */
  ofSecret(secretId: string): Promise<string>;
}

/** Makes a password that the policy allows and `isUsable` accepts, and that takes at most `room` bytes of JSON. */
export type GeneratePassword = (isUsable: (password: string) => boolean, room?: number) => Promise<string>;

/** What the next value is made from. */
export interface ValueRequest {
  /** The value that had AWSCURRENT at the beginning of the step. Before the first rotation it may hold no credential. */
  readonly current: string;
  readonly generatePassword: GeneratePassword;
  readonly values: SecretValues;
  readonly deadline: Deadline;
}

/** The staging labels of each version that has any. */
export type Stages = ReadonlyMap<string, readonly string[]>;

/** What the rules read of the secret, and may do with it. */
export interface LabelledVersions {
  describe(): Promise<{ readonly stages: Stages }>;
  pending(): Promise<object | undefined>;
  current(): Promise<{ readonly versionId: string } | undefined>;
  /** Adds a label to the pending version. Returns false if it couldn't. */
  label(label: string): Promise<boolean>;
}

/** Checks after a target stored a value itself. Assets of other targets don't include these texts. */
export interface StoredVersionRules {
  /** Lets the target store the value, and then checks the labels. */
  store(create: () => Promise<unknown>, ids: RotationIds, versions: LabelledVersions, deadline: Deadline): Promise<undefined>;
  /** Throws, because the version has AWSCURRENT and the label of an untested version. */
  refuse(pending: string, before?: string): never;
}

/** What a target did in setSecret, for the log. */
export interface SetReport {
  /** Why something may undo it. */
  readonly warning?: string;
  /** How many passwords the target doesn't accept any more. */
  readonly removedPasswords?: number;
}

/** The target, whose credential a secret holds: the port between the rotation and a target. */
export interface Target {
  /** Given if `createValue` stores the value itself. */
  readonly storedVersion?: StoredVersionRules;

  /**
   * The next value, made from the current one. Undefined if the pending version has a value already: the target stored it itself, or another
   * copy of the function was faster. Throws if this target can't rotate the current value.
   *
   * It may have side effects: a server may issue the credential. Then these rules apply.
   * - Issuing is the last thing it does. Put is the next call, so only a crash between the two leaves an orphan: a credential that no
   *   version holds.
   * - It is called again after a failed step, and by other copies of the function at the same time, so it looks for orphans first. It
   *   revokes one only if the server issues for this secret alone, and only if the orphan is older than `deadline.longestInMillis`:
   *   a younger one may be another copy's, which is about to store it. Otherwise it throws, with the orphan's id.
   * - It lists what the server has before it reads the versions, so that it takes no stored credential for an orphan.
   * - It revokes the credential of AWSPREVIOUS, if at all, right before it issues another one, or in `finishSecret`. It never revokes that of AWSCURRENT.
   */
  createValue(request: ValueRequest): Promise<string | undefined>;

  /**
   * Takes back a value of `createValue` that isn't stored, because another copy of the function stored one first. Revokes the issued credential.
   * Not called if Put failed in another way, because the value may be stored then.
   */
  discard?(value: string, values: SecretValues, deadline: Deadline): Promise<void>;

  /**
   * Whether a value holds no credential yet, as before the first rotation of a secret whose credentials a server issues. testSecret accepts a
   * copy of such a current value without asking the target. `validate` throws for it, so that it is never promoted.
   */
  hasNoCredentialYet?(value: string): boolean;

  /** Throws if this target can't use a value. Called for pending values only. */
  validate(value: string): void;

  /** Throws if a value can't follow the current one. The target's own code made the value, and any copy may have stored it. */
  checkNext?(next: string, current: () => Promise<string>, versionId: string): Promise<void>;

  /** Whether `pending` differs from `current` only in what a rotation changes. */
  isDerived(pending: string, current: string): boolean;

  /**
   * Makes the target accept the pending value. Must be idempotent. The target may accept the values of two versions at a time: no step of a
   * rotation depends on AWSPREVIOUS being refused.
   */
  setSecret(values: SecretValues, deadline: Deadline): Promise<SetReport | void>;

  /** Throws unless the target accepts the pending value. It writes nothing, because it also runs alone. */
  testSecret(values: SecretValues, deadline: Deadline): Promise<void>;

  /** The target's own work before the pending version becomes AWSCURRENT. Must be idempotent. */
  finishSecret?(values: SecretValues, deadline: Deadline): Promise<void>;
}
