/**
 * Why a rotation step failed. Every message says what to do next. No message is made from the value of a secret. No error has a cause, because
 * the runtime prints causes, and their texts aren't under our control.
 */
export class RotationError extends Error {
  public override readonly name: string = 'RotationError';
}

/** Secrets Manager doesn't send such an event. */
export class InvalidEventError extends RotationError {
  public override readonly name = 'InvalidEventError';
}

/** The environment of the function isn't what the construct set. */
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

/** The version of the rotation is unknown, or doesn't have AWSPENDING. */
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

/** The pending version has no value, but a step needs one. */
export class PendingValueMissingError extends RotationError {
  public override readonly name = 'PendingValueMissingError';
}

/** A value isn't what the target needs. */
export class SecretValueError extends RotationError {
  public override readonly name = 'SecretValueError';
}

/** No password could be generated that meets the policy and differs from the current one. */
export class PasswordGenerationError extends RotationError {
  public override readonly name = 'PasswordGenerationError';
}

/** Something else changed AWSCURRENT during this rotation. */
export class RotationSupersededError extends RotationError {
  public override readonly name = 'RotationSupersededError';
}

/** Secrets Manager, or the key that encrypts the secret, refused a call. */
export class SecretsManagerError extends RotationError {
  public override readonly name = 'SecretsManagerError';
}

/** Secrets Manager or the target can't be reached from the function, or doesn't answer. */
export class ConnectivityError extends RotationError {
  public override readonly name = 'ConnectivityError';
}

/** The certificate of the target isn't trusted, or the target has no TLS. */
export class TlsError extends RotationError {
  public override readonly name = 'TlsError';
}

/** The target doesn't accept a credential. */
export class AuthenticationError extends RotationError {
  public override readonly name = 'AuthenticationError';
}

/** The target understood a request and refused it, because of a permission, a password policy, a limit or its state. */
export class TargetRefusedError extends RotationError {
  public override readonly name = 'TargetRefusedError';

  /** @param code the target's code for the error */
  constructor(message: string, public readonly code?: string) {
    super(message);
  }
}

/** The target isn't ready yet, and the step has no more time to wait. */
export class TargetNotReadyError extends RotationError {
  public override readonly name = 'TargetNotReadyError';
}

/** The user's module failed, or lacks a required function. */
export class TargetModuleError extends RotationError {
  public override readonly name = 'TargetModuleError';
}

/** The user's function can't be invoked. */
export class TargetFunctionError extends RotationError {
  public override readonly name: string = 'TargetFunctionError';
}

/** Lambda stopped the user's function at its time-out. */
export class TargetFunctionTimedOutError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionTimedOutError';
}

/** The process of the user's function ended without a reply. */
export class TargetFunctionCrashedError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionCrashedError';
}

/** The code of the user's function can't be loaded. */
export class TargetFunctionLoadError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionLoadError';
}

/** The user's function threw an error. */
export class TargetFunctionThrewError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionThrewError';

  /** @param type the type of the error, from its runtime */
  constructor(message: string, public readonly type?: string) {
    super(message);
  }
}

/** The user's function didn't await a promise that was rejected. */
export class TargetFunctionUnhandledRejectionError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionUnhandledRejectionError';
}

/** The reply of the user's function is not valid. */
export class TargetFunctionReplyError extends TargetFunctionError {
  public override readonly name = 'TargetFunctionReplyError';
}

/** The values of two secrets, or of two versions of one secret, don't belong together. */
export class SecretMismatchError extends RotationError {
  public override readonly name = 'SecretMismatchError';
}

/** The version became AWSCURRENT, but the notification could not be published. */
export class NotificationError extends RotationError {
  public override readonly name = 'NotificationError';
}

/** The step gave up before Lambda would have stopped it. */
export class StepTimeoutError extends RotationError {
  public override readonly name = 'StepTimeoutError';
}

/** Any other error. Its own message is left out, because it may hold a value. */
export class UnexpectedError extends RotationError {
  public override readonly name = 'UnexpectedError';
}
