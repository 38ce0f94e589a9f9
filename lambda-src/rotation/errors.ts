/**
 * Why a rotation step failed. Every message says what to do next. None is ever made from the value of a secret, and none
 * carries the error that caused it: a cause is printed by the runtime, and what it says isn't under our control.
 */
export class RotationError extends Error {
  public override readonly name: string = 'RotationError';
}

/** The event isn't one that Secrets Manager sends. */
export class InvalidEventError extends RotationError {
  public override readonly name = 'InvalidEventError';
}

/** The function's environment isn't what the construct set. */
export class ConfigurationError extends RotationError {
  public override readonly name = 'ConfigurationError';
}

/** Rotation is turned off, as CancelRotateSecret does. */
export class RotationNotEnabledError extends RotationError {
  public override readonly name = 'RotationNotEnabledError';
}

/** The secret doesn't exist, or is scheduled for deletion. */
export class SecretNotFoundError extends RotationError {
  public override readonly name = 'SecretNotFoundError';
}

/** The version to rotate to is unknown, or isn't the one with AWSPENDING. */
export class VersionNotPendingError extends RotationError {
  public override readonly name = 'VersionNotPendingError';
}

/** No version has AWSCURRENT, or it has no value. */
export class NoCurrentVersionError extends RotationError {
  public override readonly name = 'NoCurrentVersionError';
}

/** AWSCURRENT moved to a value that was not tested, by a call of the code that makes the value. */
export class CurrentVersionMovedError extends RotationError {
  public override readonly name = 'CurrentVersionMovedError';
}

/** The pending version has no value where a step needs one. */
export class PendingValueMissingError extends RotationError {
  public override readonly name = 'PendingValueMissingError';
}

/** A value isn't what the target needs it to be. */
export class SecretValueError extends RotationError {
  public override readonly name = 'SecretValueError';
}

/** No password could be generated that meets the policy and differs from the current one. */
export class PasswordGenerationError extends RotationError {
  public override readonly name = 'PasswordGenerationError';
}

/** Somebody else changed AWSCURRENT while this rotation was under way. */
export class RotationSupersededError extends RotationError {
  public override readonly name = 'RotationSupersededError';
}

/** Secrets Manager, or the key that encrypts the secret, refused a call. */
export class SecretsManagerError extends RotationError {
  public override readonly name = 'SecretsManagerError';
}

/** Secrets Manager, or what is rotated, can't be reached from the function or doesn't answer. */
export class ConnectivityError extends RotationError {
  public override readonly name = 'ConnectivityError';
}

/** The certificate of what is rotated isn't one to trust, or it has no TLS. */
export class TlsError extends RotationError {
  public override readonly name = 'TlsError';
}

/** What is rotated doesn't accept a credential. */
export class AuthenticationError extends RotationError {
  public override readonly name = 'AuthenticationError';
}

/** What is rotated understood, and refuses: by a permission, a password policy, a limit or its state. */
export class TargetRefusedError extends RotationError {
  public override readonly name = 'TargetRefusedError';

  /** @param code what the target calls it */
  constructor(message: string, public readonly code?: string) {
    super(message);
  }
}

/** What is rotated isn't ready yet, and the step has no more time to wait. */
export class TargetNotReadyError extends RotationError {
  public override readonly name = 'TargetNotReadyError';
}

/** The module of the target failed, or isn't what it has to be. */
export class TargetModuleError extends RotationError {
  public override readonly name = 'TargetModuleError';
}

/** The function of the target can't be invoked. */
export class TargetFunctionError extends RotationError {
  public override readonly name: string = 'TargetFunctionError';
}

/** The function of the target was stopped by Lambda at its time-out. */
export class TargetFunctionTimedOutError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionTimedOutError';
}

/** The process of the target's function ended without a reply. */
export class TargetFunctionCrashedError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionCrashedError';
}

/** The code of the target's function can't be loaded. */
export class TargetFunctionLoadError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionLoadError';
}

/** The function of the target threw. */
export class TargetFunctionThrewError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionThrewError';

  /** @param type the error's, as its runtime says */
  constructor(message: string, public readonly type?: string) {
    super(message);
  }
}

/** A promise that the function of the target didn't await was rejected. */
export class TargetFunctionUnhandledRejectionError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionUnhandledRejectionError';
}

/** The reply of the target's function isn't one. */
export class TargetFunctionReplyError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionReplyError';
}

/** The values of two secrets, or of two versions of one, don't belong together. */
export class SecretMismatchError extends RotationError {
  public override readonly name = 'SecretMismatchError';
}

/** The version is the current one, and whoever is to be told of that could not be. */
export class NotificationError extends RotationError {
  public override readonly name = 'NotificationError';
}

/** The step gave up before Lambda would have killed it. */
export class StepTimeoutError extends RotationError {
  public override readonly name = 'StepTimeoutError';
}

/** Something that no other error describes. What it said is left out, for it may hold anything. */
export class UnexpectedError extends RotationError {
  public override readonly name = 'UnexpectedError';
}
