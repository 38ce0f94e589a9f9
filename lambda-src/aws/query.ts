import { xmlErrorName, type Answer } from './answer';
import { ask } from './ask';
import type { ServiceId } from './endpoint';
import type { Credentials } from './signature';
import type { SignedCall } from './signed-call';
import type { Deadline } from '../rotation/deadline';

/** A request in the query protocol: the parameters are a form, and the answer is XML. */
export interface Query {
  readonly service: ServiceId;
  readonly region: string;
  readonly version: string;
  readonly action: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** By default the credentials of the function. */
  readonly credentials?: Credentials;
  /** Whether the call is idempotent. If not, it is only retried after the service said that it did nothing. */
  readonly isRepeatable?: boolean;
  /** Whether the connection is closed afterwards, so that another server may answer the next request. */
  readonly isOnNewConnection?: boolean;
}

export interface QueryAnswer extends Pick<Answer, 'status' | 'body'> {
  /** The name of the error. Undefined if the call succeeded. */
  readonly error?: string;
}

/**
 * Calls a service, with retries.
 *
 * @throws as `ask` does
 */
export async function query(call: SignedCall, request: Query, deadline: Deadline): Promise<QueryAnswer> {
  const { service, region, version, action, parameters = {}, credentials, isRepeatable, isOnNewConnection = false } = request;
  const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', ...isOnNewConnection ? { connection: 'close' } : {} };
  const errorIn = (answer: Answer) => answer.status === 200 ? undefined : xmlErrorName(answer);
  const { answer, error } = await ask(call, { service, region, headers, body, credentials }, { purpose: action, errorIn, isRepeatable }, deadline);
  return { status: answer.status, body: answer.body, error };
}

/** The text of an element of an answer. None of the elements that are read has an escaped character or a nested element. */
export function textIn(xml: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<&]+)</${element}>`).exec(xml)?.[1];
}
