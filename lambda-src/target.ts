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

/** Makes a password that the policy allows and `isUsable` accepts. */
export type GeneratePassword = (isUsable: (password: string) => boolean) => Promise<string>;

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
   * The next value, made from the current one; undefined where the target has stored it itself. Throws where the current value isn't
   * one this target can rotate.
   */
  createValue(current: string, generatePassword: GeneratePassword, values: SecretValues, deadline: Deadline): Promise<string | undefined>;

  /** Throws where a value isn't one this target can use. */
  validate(value: string): void;

  /** Throws where a value of the target's own making can't follow the current one, whoever stored it as the version. */
  checkNext?(next: string, current: () => Promise<string>, versionId: string): Promise<void>;

  /** Whether `pending` is `current` but for what a rotation changes. */
  isDerived(pending: string, current: string): boolean;

  /** Makes the target accept the pending value. Runs any number of times. */
  setSecret(values: SecretValues, deadline: Deadline): Promise<void>;

  /** Throws unless the target accepts the pending value. Writes nothing, for it also runs alone. */
  testSecret(values: SecretValues, deadline: Deadline): Promise<void>;

  /** What the target wants to have done before the pending version becomes the current one. Runs any number of times. */
  finishSecret?(values: SecretValues, deadline: Deadline): Promise<void>;
}
