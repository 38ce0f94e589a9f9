import { isThrottled, mayPass, UNNAMED, xmlErrorName, type Answer } from './answer';
import { SERVICES, type ServiceId } from './endpoint';
import { retry } from './retry';
import type { Credentials } from './signature';
import type { SignedCall } from './signed-call';
import type { Deadline } from '../rotation/deadline';
import { ConnectivityError, UnexpectedError, type RotationError } from '../rotation/errors';
import { findCallProblem, foreignAnswer } from '../rotation/service-errors';

/** A request by the query protocol, whose parameters are a form and whose answer is XML. */
export interface Query {
  readonly service: ServiceId;
  readonly region: string;
  readonly version: string;
  readonly action: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Those of the function if they are left out. */
  readonly credentials?: Credentials;
  /** Whether it may be made twice. If not, it is only tried again after the service said that it did nothing. */
  readonly isRepeatable?: boolean;
  /** Whether the connection is closed afterwards, so that another server may answer the next request. */
  readonly isOnNewConnection?: boolean;
}

export interface QueryAnswer extends Pick<Answer, 'status' | 'body'> {
  /** The name of the error; undefined if the service did what it was asked for. */
  readonly error?: string;
}

/**
 * Asks a service, again where that may help.
 *
 * @throws ConnectivityError, TlsError or ConfigurationError if the service didn't answer, or something else did
 */
export async function query(call: SignedCall, request: Query, deadline: Deadline): Promise<QueryAnswer> {
  const { service, region, version, action, parameters = {}, credentials, isRepeatable = true, isOnNewConnection = false } = request;
  const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', ...isOnNewConnection ? { connection: 'close' } : {} };
  const attempt = async (): Promise<QueryAnswer | RotationError> => {
    try {
      const answer = await call({ service, region, headers, body, credentials }, deadline.signal);
      const { status } = answer;
      return status === 200 ? answer : { status, body: answer.body, error: xmlErrorName(answer) };
    } catch (error) {
      return findCallProblem(action, { name: SERVICES[service].name, endpoint: service }, error)
        ?? new UnexpectedError(`${action} failed in the function, in a way that is not known to be safe to print. If it comes back, report it as an issue of cdk-rotating-secret`);
    }
  };
  const isWorthIt = (result: QueryAnswer | RotationError): boolean => {
    if (result instanceof Error) { return isRepeatable && result.name === 'ConnectivityError'; }
    return result.error !== undefined && (isRepeatable ? mayPass(result.status, result.error) : isThrottled(result.status, result.error));
  };
  const result = await retry(attempt, isWorthIt, deadline);
  if (result instanceof Error) { throw result; }
  if (result.error === UNNAMED) { throw foreign(service, action, result.status); }
  return result;
}

/** The error for an answer that the service doesn't give. */
export function foreign(service: ServiceId, action: string, status: number): RotationError {
  return new ConnectivityError(foreignAnswer(action, SERVICES[service], status));
}

/** The text of an element of an answer. None of those that are asked for has an escaped character or another element in it. */
export function textIn(xml: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<&]+)</${element}>`).exec(xml)?.[1];
}
