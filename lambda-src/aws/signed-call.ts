import type { Readable } from 'node:stream';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Answer } from './answer';
import { endpointOf, type ServiceId } from './endpoint';
import { sign, type Credentials } from './signature';

/** The client whose configuration makes calls to other services. */
export type ServiceClient = Pick<SecretsManagerClient, 'config'>;

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

type HandlerRequest = Parameters<SecretsManagerClient['config']['requestHandler']['handle']>[0];

/** In milliseconds. The client has a time-out for the headers of an answer, but none for its body. */
const BODY_TIMEOUT = 5_000;

/** A service refuses a signature if the clocks differ by more, in milliseconds. SDKs correct their clock from the same difference. */
const SKEW = 300_000;

/**
 * Uses the endpoint resolution, the credentials and the connection of a client that is in the bundle anyway. A client of another service would
 * be as large as all the rest, for one request each.
 *
 * If the clock of the function is wrong, a refused request is signed again, by the clock of the service.
 */
export function signedCall({ config }: ServiceClient): SignedCall {
  let offset = 0;
  return async ({ service, region, method = 'POST', path = '/', headers, body, credentials }, abortSignal) => {
    const { url: secretsManager } = config.endpointProvider({ Region: region, UseFIPS: await config.useFipsEndpoint() });
    const { url: base, signingRegion } = endpointOf(service, region, secretsManager);
    const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base);
    const given = { ...headers, 'content-length': String(Buffer.byteLength(body)) };
    const signer = credentials ?? await config.credentials();
    const send = async (): Promise<Answer & { readonly date?: string }> => {
      const date = new Date(Date.now() + offset);
      const request = {
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        port: url.port === '' ? undefined : Number(url.port),
        path: `${url.pathname}${url.search}`,
        headers: sign({ method, url, headers: given, body }, { credentials: signer, service, region: signingRegion, date }),
        body,
      };
      const { response } = await config.requestHandler.handle(request as unknown as HandlerRequest, { abortSignal });
      return {
        status: response.statusCode,
        errorType: response.headers['x-amzn-errortype'],
        headers: response.headers,
        date: response.headers.date,
        body: await textOf(response.body as Readable),
      };
    };
    let { date, ...answer } = await send();
    const skew = date === undefined ? 0 : Date.parse(date) - Date.now();
    if (answer.status >= 400 && answer.status < 500 && Math.abs(skew - offset) >= SKEW) {
      offset = skew;
      ({ date, ...answer } = await send());
    }
    return answer;
  };
}

async function textOf(stream: Readable): Promise<string> {
  const timer = setTimeout(() => { stream.destroy(Object.assign(new Error('The answer has no end'), { name: 'TimeoutError' })); }, BODY_TIMEOUT);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) { chunks.push(chunk as Uint8Array); }
    return Buffer.concat(chunks).toString();
  } finally {
    clearTimeout(timer);
  }
}
