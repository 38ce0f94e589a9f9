import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { TargetBinding } from './definition';
import { invalid } from '../invalid';
import { areSame } from '../schedule/one-schedule';

/**
 * Lets the function read the secret of the superuser that changes passwords of others, and refuses to rotate it with the same function.
 *
 * @param remedy the rotation function that can rotate it
 */
export function bindSuperuserSecret(superuserSecret: ISecret, fn: lambda.Function, remedy: string): Required<Pick<TargetBinding, 'reads' | 'checkSecret'>> {
  return {
    reads: [{ property: 'superuserSecret', sid: 'ReadSuperuserSecret', secret: superuserSecret }],
    checkSecret: (secret) => {
      if (areSame(secret, superuserSecret, fn)) {
        throw invalid('secret', `${secret.node.path} is the superuser secret of this function, and can't be one of the users whose passwords it changes. Rotate it with a `
          + `RotationFunction of its own, ${remedy}`);
      }
    },
  };
}
