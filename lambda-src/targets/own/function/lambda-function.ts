import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { InvokeFunction } from './target';
import { ConnectivityError, TargetFunctionError } from '../../../rotation/errors';
import { isNetworkError } from '../../../rotation/service-errors';

const REMEDIES: Record<string, string> = {
  ResourceNotFoundException: 'It does not exist any more. Deploy it again, or give another to RotationTarget.invoke',
  AccessDeniedException: 'The role of the RotationFunction may not invoke it. Grant it lambda:InvokeFunction, or look for a permissions boundary or a service control policy that denies it',
  TooManyRequestsException: 'It is throttled, and retries did not help. Raise its reserved concurrency, or spread the rotation schedules over more time',
  KMSAccessDeniedException: 'Lambda may not use the key that encrypts its environment. Grant kms:Decrypt on it to the role of that function',
};

/** Invokes a function of Lambda, and waits for its reply as long as there is time. */
export function lambdaFunction(functionArn: string, client: Pick<LambdaClient, 'send'> = makeClient()): InvokeFunction {
  return async (payload, abortSignal) => {
    try {
      const answer = await client.send(new InvokeCommand({ FunctionName: functionArn, Payload: Buffer.from(payload) }), { abortSignal });
      return { isError: answer.FunctionError !== undefined, payload: Buffer.from(answer.Payload ?? []).toString() };
    } catch (error) {
      throw invocationError(functionArn, error);
    }
  };
}

function makeClient(): LambdaClient {
  // The function may take all of the step's time: only the deadline ends the wait.
  return new LambdaClient({ requestHandler: { connectionTimeout: 2_000, requestTimeout: 0 }, retryMode: 'standard', maxAttempts: 4 });
}

function invocationError(functionArn: string, error: unknown): Error {
  const { name = '', code = '', $fault } = (error ?? {}) as { readonly name?: string; readonly code?: string; readonly $fault?: string };
  if (isNetworkError(name, code)) {
    return new ConnectivityError(`Lambda can't be reached to invoke ${functionArn} (${code || name}). In a VPC the function needs an interface endpoint for lambda with private DNS, `
      + 'or a route to the internet, and security groups that let it out on port 443');
  }
  const known = $fault !== undefined && /^\w{1,64}$/.test(name) ? ` with ${name}` : '';
  return new TargetFunctionError(`Invoking ${functionArn} failed${known}. ${REMEDIES[name] ?? 'See the name of the error in the API reference of Lambda, and CloudTrail for the call'}`);
}
