import type { Tags } from './rotation/admit';
import type { Deadline } from './rotation/deadline';

/** Which secret and which versions of it a rotation is about. */
export interface RotationIds {
  readonly secretId: string;
  readonly pending: string;
  readonly current: string;
  /** Undefined where no version has AWSPREVIOUS. */
  readonly previous?: string;
  /** What a PutSecretValue of the pending version has to carry. */
  readonly rotationToken?: string;
  /** The tags of the secret. Whoever may only put values can't change them. */
  readonly tags?: Tags;
}

/** The values that a step may need, read when it asks for them. */
export interface SecretValues {
  readonly ids: RotationIds;
  pending(): Promise<string>;
  /** Undefined where it has no value yet; read without waiting for one. */
  pendingIfAny(): Promise<string | undefined>;
  current(): Promise<string>;
  /** Undefined where there is none, or it can't be read. */
  previous(): Promise<string | undefined>;
  /**
   * Every value that the secret's versions have now: the pending one if there is one yet, the current, and the previous. Read without waiting,
   * to mask them. Throws where one that exists can't be read.
   */
  known(): Promise<string[]>;
  /** The current value of another secret. */
  ofSecret(secretId: string): Promise<string>;
}

/** Makes a password that the policy allows and `isUsable` accepts, and that takes no more bytes of JSON than there is `room`. */
export type GeneratePassword = (isUsable: (password: string) => boolean, room?: number) => Promise<string>;

/** What the next value is made from. */
export interface ValueRequest {
  /** Of the version that had AWSCURRENT when the step began. Before the first rotation it may hold no credential. */
  readonly current: string;
  readonly generatePassword: GeneratePassword;
  readonly values: SecretValues;
  readonly deadline: Deadline;
}

/** The staging labels of every version that has any. */
export type Stages = ReadonlyMap<string, readonly string[]>;

/** What the rules have to know of the secret, and may do with it. */
export interface LabelledVersions {
  describe(): Promise<{ readonly stages: Stages }>;
  pending(): Promise<object | undefined>;
  current(): Promise<{ readonly versionId: string } | undefined>;
  /** Gives the pending version a label; false where it couldn't. */
  label(label: string): Promise<boolean>;
}

/** What is wrong after a target stored a value by itself. Its texts are in no asset whose target doesn't. */
export interface StoredVersionRules {
  /** Lets the target store the value, and looks where the labels are then. */
  store(create: () => Promise<unknown>, ids: RotationIds, versions: LabelledVersions, deadline: Deadline): Promise<undefined>;
  /** Throws: the version has AWSCURRENT, and the label that says that nobody tested it. */
  refuse(pending: string, before?: string): never;
}

/** Whose credential a secret holds: the port between the rotation and what it rotates. */
export interface Target {
  /** Given where `createValue` stores the value by itself. */
  readonly storedVersion?: StoredVersionRules;

  /**
   * The next value, made from the current one. Undefined if the pending version has a value by now: the target stored it itself, or
   * another copy of the function was faster. Throws if the current value isn't one that this target can rotate.
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
   * Takes back a value that `createValue` returned and that isn't stored: another copy of the function stored one first. Revokes the
   * credential that was issued. Not called if Put failed in another way, because the value may be stored then.
   */
  discard?(value: string, values: SecretValues, deadline: Deadline): Promise<void>;

  /**
   * Whether a value holds no credential yet, as before the first rotation of a secret whose credentials a server issues. testSecret
   * accepts a copy of the current value that holds none, without asking the target. `validate` throws for it, so that it is never promoted.
   */
  hasNoCredentialYet?(value: string): boolean;

  /** Throws if a value isn't one that this target can use. Applied to pending values only. */
  validate(value: string): void;

  /** Throws where a value of the target's own making can't follow the current one, whoever stored it as the version. */
  checkNext?(next: string, current: () => Promise<string>, versionId: string): Promise<void>;

  /** Whether `pending` is `current` but for what a rotation changes. */
  isDerived(pending: string, current: string): boolean;

  /**
   * Makes the target accept the pending value. Runs any number of times. The target may accept the values of two versions at a time: nothing
   * in a rotation depends on AWSPREVIOUS being refused, at any step or afterwards.
   */
  setSecret(values: SecretValues, deadline: Deadline): Promise<void>;

  /** Throws unless the target accepts the pending value. Writes nothing, for it also runs alone. */
  testSecret(values: SecretValues, deadline: Deadline): Promise<void>;

  /** What the target wants to have done before the pending version becomes the current one. Runs any number of times. */
  finishSecret?(values: SecretValues, deadline: Deadline): Promise<void>;
}
