import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import type { InvokeFunction } from './target';
import { TargetFunctionError } from '../../../rotation/errors';
import { findCallProblem, remedyOf } from '../../../rotation/service-errors';

const REMEDIES: Record<string, string> = {
  ResourceNotFoundException: 'It does not exist any more. Deploy it again, or give another to RotationTarget.invoke',
  AccessDeniedException: 'The role of the RotationFunction may not invoke it. Grant it lambda:InvokeFunction, or look for a permissions boundary or a service control policy that denies it',
  TooManyRequestsException: 'It is throttled, and retries did not help. Raise its reserved concurrency, or spread the rotation schedules over more time',
  KMSAccessDeniedException: 'Lambda may not use the key that encrypts its environment. Grant kms:Decrypt on it to the role of that function',
};

/** Invokes a Lambda function, and waits for its reply while there is time. */
export function lambdaFunction(functionArn: string, given?: Pick<LambdaClient, 'send'>): InvokeFunction {
  const { requestHandler } = given ? {} : makeClient().config;
  return async (payload, abortSignal) => {
    try {
      // A client has one budget of retries for its lifetime.
      const client = given ?? makeClient(requestHandler);
      const answer = await client.send(new InvokeCommand({ FunctionName: functionArn, Payload: Buffer.from(payload) }), { abortSignal });
      return { isError: answer.FunctionError !== undefined, payload: Buffer.from(answer.Payload ?? []).toString() };
    } catch (error) {
      throw invocationError(functionArn, error);
    }
  };
}

/** The function may take all of the step's time, so only the deadline ends the wait. */
const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 0 };

function makeClient(requestHandler: LambdaClientConfig['requestHandler'] = TIMEOUTS): LambdaClient {
  return new LambdaClient({ requestHandler, retryMode: 'standard', maxAttempts: 4 });
}

function invocationError(functionArn: string, error: unknown): Error {
  const problem = findCallProblem(`Invoke of ${functionArn}`, { name: 'Lambda', endpoint: 'lambda' }, error);
  if (problem) { return problem; }
  const { name = '', $fault } = (error ?? {}) as { readonly name?: string; readonly $fault?: string };
  if ($fault === undefined || !/^\w{1,64}$/.test(name)) {
    return new TargetFunctionError(`Invoking ${functionArn} failed with an unexpected error, left out as it may hold a value. If it happens again, report it as an issue of cdk-rotating-secret`);
  }
  return new TargetFunctionError(`Invoking ${functionArn} failed with ${name}. ${remedyOf(REMEDIES, name) ?? 'See the name of the error in the API reference of Lambda'}`);
}
