import type { Deadline } from '../../rotation/deadline';
import { TargetRefusedError } from '../../rotation/errors';

/** What the service shows of a user. It never shows a password. */
export interface CacheUser {
  readonly arn: string;
  /** The name that clients log in with. */
  readonly name: string;
  /** `active`, `modifying` or `deleting`. */
  readonly status: string;
  /** `password`, `no-password` or `iam`. */
  readonly authentication: string;
  readonly passwordCount: number;
}

/** One user of the API of a service. */
export interface CacheUserApi {
  /** Undefined if there is no such user. */
  describe(deadline: Deadline): Promise<CacheUser | undefined>;
  /** Replaces all passwords of the user. False if the state of the user doesn't allow a change now. The change is applied later. */
  setPasswords(passwords: readonly string[], deadline: Deadline): Promise<boolean>;
}

/** What to do about an error, by its name without a suffix. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^AccessDenied/, 'Grant it to the role of the RotationFunction on the ARN of the user, or look for a policy that denies it: a permissions boundary, a service control policy, or one on the VPC endpoint'],
  [/^Throttl/, 'Calls were throttled, and retries did not help. Secrets Manager retries the rotation. Spread the rotation schedules of the account over more time'],
  [/^InvalidParameter/, 'The service refuses a password of AWSPENDING or AWSCURRENT, and nothing was changed. Passwords have 16 to 128 characters. Put a value that the service accepts, or correct the passwordPolicy'],
  [/^UserNotFound/, 'The user does not exist any more. Deploy it again, or give another userArn to the RotationTarget'],
  [/^(Internal|ServiceUnavailable)/, 'The service failed. Secrets Manager retries the rotation'],
];

/** @param operation such as `elasticache:ModifyUser` */
export function refused(operation: string, error: string): TargetRefusedError {
  const [, remedy = 'See the name of the error in the API reference of the service'] = REMEDIES.find(([name]) => name.test(error)) ?? [];
  return new TargetRefusedError(`${operation} was refused with ${error}. ${remedy}`, error);
}
