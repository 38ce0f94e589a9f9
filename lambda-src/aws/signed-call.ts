import type { Answer } from './answer';
import { credentialsOfFunction } from './credentials';
import { endpointOf, type ServiceId } from './endpoint';
import { sendHttp, type Timeouts } from './http';
import { sign, type Credentials } from './signature';

/** A request to an AWS service. */
export interface ServiceRequest {
  readonly service: ServiceId;
  readonly region: string;
  /** POST by default. */
  readonly method?: string;
  /** The path and the query, encoded as in a URL. By default the root. */
  readonly path?: string;
  /** The names are in lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** By default the credentials of the function. */
  readonly credentials?: Credentials;
}

/** Makes one signed request, and reads any answer to it. */
export type SignedCall = (request: ServiceRequest, abortSignal: AbortSignal) => Promise<Answer>;

/** Short enough that a subnet without a route to the service can be distinguished from a slow answer within one step. */
const TIMEOUTS: Timeouts = { connection: 2_000, answer: 5_000 };

/** A service refuses a signature if the clocks differ by more, in milliseconds. SDKs correct their clock from the same difference. */
const SKEW = 300_000;

/** CloudTrail records it with each call: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
const USER_AGENT = 'cdk-rotating-secret';

/**
 * Calls AWS services without their clients: each of those would be several times as large as all the rest of the function, and most of the time
 * until its first answer.
 *
 * If the clock of the function is wrong, a refused request is signed again, by the clock of the service.
 *
 * @param credentials by default those of the function
 */
export function signedCall(timeouts = TIMEOUTS, credentials = credentialsOfFunction): SignedCall {
  const send = sendHttp(timeouts);
  let offset = 0;
  return async ({ service, region, method = 'POST', path = '/', headers, body, credentials: given }, abortSignal) => {
    const { url: base, signingRegion } = endpointOf(service, region);
    const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
    const unsigned = { method, url, headers: { ...headers, 'user-agent': USER_AGENT, 'content-length': String(Buffer.byteLength(body)) }, body };
    const scope = { credentials: given ?? credentials(), service, region: signingRegion };
    const attempt = () => send({ ...unsigned, headers: sign(unsigned, { ...scope, date: new Date(Date.now() + offset) }) }, abortSignal);
    let answer = await attempt();
    const date: string | undefined = answer.headers.date;
    const skew = date === undefined ? 0 : Date.parse(date) - Date.now();
    if (answer.status >= 400 && answer.status < 500 && Math.abs(skew - offset) >= SKEW) {
      offset = skew;
      answer = await attempt();
    }
    return { ...answer, errorType: answer.headers['x-amzn-errortype'] };
  };
}
