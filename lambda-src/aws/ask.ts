import { isThrottled, mayPass, UNNAMED, type Answer } from './answer';
import { SERVICES, type ServiceId } from './endpoint';
import { retry, type Patience } from './retry';
import type { ServiceRequest, SignedCall } from './signed-call';
import type { Deadline } from '../rotation/deadline';
import { ConnectivityError, RotationError } from '../rotation/errors';
import { findCallProblem, foreignAnswer, unexpected } from '../rotation/service-errors';

/** A request, and how to read its answer. */
export interface Question {
  /** The operation and its object, for errors. */
  readonly purpose: string;
  /** The name of the error in an answer. Undefined if the call succeeded. */
  readonly errorIn: (answer: Answer) => string | undefined;
  /** Whether the call is idempotent. If not, it is only retried after the service said that it did nothing. */
  readonly isRepeatable?: boolean;
}

export interface Reply {
  readonly answer: Answer;
  /** The name of the error; undefined if there is none. */
  readonly error?: string;
}

/**
 * Calls a service, with retries.
 *
 * @throws ConnectivityError, TlsError or ConfigurationError if the service didn't answer, or if something else answered
 */
export async function ask(
  call: SignedCall, request: ServiceRequest, { purpose, errorIn, isRepeatable = true }: Question, deadline: Pick<Deadline, 'signal'> & Patience,
): Promise<Reply> {
  const { service } = request;
  const attempt = async (): Promise<Reply | RotationError> => {
    try {
      const answer = await call(request, deadline.signal);
      return { answer, error: errorIn(answer) };
    } catch (error) {
      return findCallProblem(purpose, { name: SERVICES[service].name, endpoint: service }, error)
        ?? unexpected(purpose, error);
    }
  };
  const isWorthIt = (result: Reply | RotationError): boolean => {
    if (result instanceof RotationError) { return isRepeatable && result.name === 'ConnectivityError'; }
    const { answer: { status }, error } = result;
    return error !== undefined && (isRepeatable ? mayPass(status, error) : isThrottled(status, error));
  };
  const result = await retry(attempt, isWorthIt, deadline);
  if (result instanceof RotationError) { throw result; }
  if (result.error === UNNAMED) { throw foreign(service, purpose, result.answer.status); }
  return result;
}

/** The error for an answer that is not one of the service. */
export function foreign(service: ServiceId, purpose: string, status: number): RotationError {
  return new ConnectivityError(foreignAnswer(purpose, SERVICES[service], status));
}
