import type { Readable } from 'node:stream';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Answer, Channel, Message } from './channel';

/** Makes one signed POST, and reads its answer, whatever that is. */
export type SignedCall = (channel: Pick<Channel, 'arn' | 'service'>, message: Message, abortSignal: AbortSignal) => Promise<Answer>;

/** In milliseconds. The client waits for the headers of an answer, and for its body as long as it takes. */
const BODY_TIMEOUT = 5_000;

/** How users of the SDK name the endpoints of a service: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
const ENDPOINT_VARIABLES = { events: 'AWS_ENDPOINT_URL_EVENTBRIDGE', sns: 'AWS_ENDPOINT_URL_SNS' } as const;

/**
 * By the parts of a client that is in the bundle anyway: where endpoints are, the credentials, the signature and the connection. The clients of the two
 * services would be as large as all the rest, for one request each.
 */
export function signedCall({ config }: Pick<SecretsManagerClient, 'config'>): SignedCall {
  return async ({ arn, service }, { headers, body }, abortSignal) => {
    const region = arn.split(':')[3];
    const { url } = config.endpointProvider({ Region: region, UseFIPS: await config.useFipsEndpoint() });
    const { protocol, hostname, port, host } = endpointOf(service, url);
    const signer = await config.signer({ name: 'sigv4', signingName: service, signingRegion: region, properties: {} });
    const signed = await signer.sign({
      method: 'POST',
      protocol,
      hostname,
      port: port === '' ? undefined : Number(port),
      path: '/',
      headers: { host, 'content-length': String(Buffer.byteLength(body)), ...headers },
      body,
    });
    const { response } = await config.requestHandler.handle(signed as Parameters<typeof config.requestHandler.handle>[0], { abortSignal });
    return { status: response.statusCode, errorType: response.headers['x-amzn-errortype'], body: await textOf(response.body as Readable) };
  };
}

/** Of a service, from that of Secrets Manager in the same region: the rest of the name is the same, but in GovCloud, where the usual endpoints are those of FIPS. */
export function endpointOf(service: 'events' | 'sns', secretsManager: URL): URL {
  const given = process.env[ENDPOINT_VARIABLES[service]] ?? process.env.AWS_ENDPOINT_URL;
  return new URL(given ?? secretsManager.href.replace('//secretsmanager', `//${service}`).replace('-fips.us-gov-', '.us-gov-'));
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
