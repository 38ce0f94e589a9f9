import { xmlErrorName, type Answer } from './answer';
import { ask } from './ask';
import type { ServiceId } from './endpoint';
import type { Credentials } from './signature';
import type { SignedCall } from './signed-call';
import type { Deadline } from '../rotation/deadline';

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

/** The text of an element of an answer. None of those that are asked for has an escaped character or another element in it. */
export function textIn(xml: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<&]+)</${element}>`).exec(xml)?.[1];
}
