import { AccessKeyTarget, type AccessKeyTargetParts } from './access-key-target';
import type { CredentialValue } from './credential-value';
import { userOf } from './environment';
import { parseUserArn, USER_TAG, type UserIds } from '../../../src/targets/access-key/contract';
import type { Deadline } from '../../rotation/deadline';
import { SecretMismatchError } from '../../rotation/errors';
import type { RotationIds, SecretValues, Target, ValueRequest } from '../../target';

/** The parts of a target for one user. */
export type PartsOf = (user: UserIds) => AccessKeyTargetParts;

/** @param userArn of the one user; undefined if each secret has a tag with the ARN of its user */
export function targetOf(userArn: string | undefined, value: CredentialValue, partsOf: PartsOf): Target {
  return userArn === undefined ? new TaggedUserTarget(value, partsOf) : new AccessKeyTarget(partsOf(userOf(userArn)));
}

/**
 * For many secrets, each with its own user. The user isn't read from the value, because a principal that may put a value could then choose whose
 * access key the secret gets.
 */
export class TaggedUserTarget implements Target {
  constructor(private readonly value: CredentialValue, private readonly partsOf: PartsOf) {}

  public async createValue(request: ValueRequest): Promise<string | undefined> {
    return this.of(request.values.ids).createValue(request);
  }

  public async discard(unstored: string, values: SecretValues, deadline: Deadline): Promise<void> {
    await this.of(values.ids).discard(unstored, values, deadline);
  }

  public hasNoCredentialYet(value: string): boolean {
    return this.value.find(value) === undefined;
  }

  public validate(value: string): void {
    this.value.get(value);
  }

  public isDerived(pending: string, current: string): boolean {
    return this.value.isNext(pending, current);
  }

  public async setSecret(values: SecretValues): Promise<void> {
    await this.of(values.ids).setSecret(values);
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    await this.of(values.ids).testSecret(values, deadline);
  }

  public async finishSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    await this.of(values.ids).finishSecret(values, deadline);
  }

  private of({ tags }: RotationIds): AccessKeyTarget {
    const user = parseUserArn(tags?.get(USER_TAG) ?? '');
    if (user) { return new AccessKeyTarget({ ...this.partsOf(user), isUserExclusive: false, mustHaveCurrent: true }); }
    throw new SecretMismatchError(`The secret has no tag ${USER_TAG} with the ARN of a user of IAM, so it is not known whose access key it holds. Deploy the secret with this tag`);
  }
}
