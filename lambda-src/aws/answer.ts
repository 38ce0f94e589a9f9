/** What a service answered, whatever that is. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** The header in which services of AWS name an error. */
  readonly errorType?: string;
  /** By their names in lowercase. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Taken for the name of an error, where the service names none that is fit to print. */
export const UNNAMED = 'UnknownError';

/** Errors of services that may pass, by what their names have in common. */
const TRANSIENT = /^(KMS)?(Throttl|Internal|ServiceUnavailable)/;

/** Errors with which a service says that it did nothing, because it was asked too much. */
const THROTTLED = /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown)/;

/** The first name that says nothing but which error it is. Some come with a namespace before them, or an address after them. */
export function nameOf(...texts: unknown[]): string {
  const names = texts.map((text) => typeof text === 'string' ? text.replace(/^.*#/, '').replace(/:.*$/, '') : '');
  return names.find((name) => /^\w{1,64}$/.test(name)) ?? UNNAMED;
}

/** The name of an error in an answer in XML, as those of IAM, STS, SNS and S3 are. */
export function xmlErrorName({ body, errorType }: Answer): string {
  return nameOf(/<Code>(\w+)<\/Code>/.exec(body)?.[1], errorType);
}

/** Whether asking again may help. */
export function mayPass(status: number, name: string): boolean {
  return status >= 500 || status === 429 || TRANSIENT.test(name) || THROTTLED.test(name);
}

/** Whether the service says that it did nothing, so that even a call that must not be made twice may be made again. */
export function isThrottled(status: number, name: string): boolean {
  return status === 429 || THROTTLED.test(name);
}
