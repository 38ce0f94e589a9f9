import type { InvokeFunction } from './target';
import { nameOf, type Answer } from '../../../aws/answer';
import { ask } from '../../../aws/ask';
import type { Timeouts } from '../../../aws/http';
import { encode } from '../../../aws/signature';
import type { SignedCall } from '../../../aws/signed-call';
import { TargetFunctionError } from '../../../rotation/errors';
import { remedyOf } from '../../../rotation/service-errors';

const REMEDIES: Record<string, string> = {
  ResourceNotFoundException: 'It does not exist any more. Deploy it again, or give another to RotationTarget.invoke',
  AccessDeniedException: 'The role of the RotationFunction may not invoke it. Grant it lambda:InvokeFunction, or look for a permissions boundary or a service control policy that denies it',
  TooManyRequestsException: 'It is throttled, and retries did not help. Raise its reserved concurrency, or spread the rotation schedules over more time',
  KMSAccessDeniedException: 'Lambda may not use the key that encrypts its environment. Grant kms:Decrypt on it to the role of that function',
};

/** The function may take all of the step's time, so only the deadline ends the wait. */
export const TIMEOUTS: Timeouts = { connection: 2_000 };

/**
 * Invokes a Lambda function, and waits for its reply while there is time.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function lambdaFunction(functionArn: string, call: SignedCall): InvokeFunction {
  const path = `/2015-03-31/functions/${encode(functionArn)}/invocations`;
  const errorIn = ({ status, errorType }: Answer) => status === 200 ? undefined : nameOf(errorType);
  return async (body, deadline) => {
    const request = { service: 'lambda', region: process.env.AWS_REGION!, path, headers: { 'content-type': 'application/json' }, body } as const;
    const { answer, error } = await ask(call, request, { purpose: `Invoke of ${functionArn}`, errorIn }, deadline);
    if (error !== undefined) {
      throw new TargetFunctionError(`Invoking ${functionArn} failed with ${error}. ${remedyOf(REMEDIES, error) ?? 'See the name of the error in the API reference of Lambda'}`);
    }
    return { isError: answer.headers?.['x-amz-function-error'] !== undefined, payload: answer.body };
  };
}
