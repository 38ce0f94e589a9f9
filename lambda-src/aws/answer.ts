/** Any answer of a service. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** The header in which AWS services name an error. */
  readonly errorType?: string;
  /** The names are in lowercase. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The name of an error if the service gives none that is safe to print. */
export const UNNAMED = 'UnknownError';

/** Transient errors of services, by the beginning of their names. */
const TRANSIENT = /^(KMS)?(Throttl|Internal|ServiceUnavailable)/;

/** Errors by which a service says that it did nothing, because of throttling. */
const THROTTLED = /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown)/;

/** The first text that is the name of an error and nothing else. Some names have a namespace before them, or an address after them. */
export function nameOf(...texts: unknown[]): string {
  const names = texts.map((text) => typeof text === 'string' ? text.replace(/^.*#/, '').replace(/:.*$/, '') : '');
  return names.find((name) => /^\w{1,64}$/.test(name)) ?? UNNAMED;
}

/** The name of an error in an XML answer. IAM, STS, SNS and S3 answer in XML. */
export function xmlErrorName({ body, errorType }: Answer): string {
  return nameOf(/<Code>(\w+)<\/Code>/.exec(body)?.[1], errorType);
}

/** Whether a retry may help. HTTP 408 says that a connection was idle. */
export function mayPass(status: number, name: string): boolean {
  return status >= 500 || status === 429 || status === 408 || TRANSIENT.test(name) || THROTTLED.test(name);
}

/** Whether the service says that it did nothing. Even a call that isn't idempotent may then be retried. */
export function isThrottled(status: number, name: string): boolean {
  return status === 429 || THROTTLED.test(name);
}
