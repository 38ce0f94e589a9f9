import { ServiceError } from './errors';
import { takesToken } from './secrets-manager';
import type { SecretsManagerSimulator } from './secrets-manager';
import { isOperation, type Inputs, type Operation, type Outputs } from './types';
import type { SecretsManager } from '../lambda-src/rotation/secrets-manager';

type Send = SecretsManager['send'] & (<O extends Operation>(operation: O, input: Inputs[O], abortSignal?: AbortSignal) => Promise<Outputs[O]>);

export interface InMemoryClientOptions {
  /**
   * How often a call is attempted if it is throttled, or if the server or the network fails, as the client of the function does. Attempts follow at once, because
   * nothing here waits.
   *
   * @default 1
   */
  readonly maxAttempts?: number;
}

/** Replaces the client of the function, and throws the same errors. */
export class InMemoryClient implements SecretsManager {
  public readonly send = this.call.bind(this) as Send;

  constructor(private readonly simulator: Pick<SecretsManagerSimulator, 'execute' | 'newToken'>, private readonly options: InMemoryClientOptions = {}) {}

  private async call(operation: string, given: object, abortSignal?: AbortSignal): Promise<unknown> {
    if (!isOperation(operation)) { throw new TypeError(`The simulator does not know ${operation}`); }
    // One token for all attempts, as in the SDK. It makes a repeated attempt harmless.
    const input = { ...given } as Inputs[Operation] & { ClientRequestToken?: string };
    if (takesToken(operation)) { input.ClientRequestToken ??= this.simulator.newToken(); }
    const maxAttempts = this.options.maxAttempts ?? 1;
    for (let attempt = 1; ; attempt++) {
      try {
        if (abortSignal?.aborted) { throw abortError(); }
        const sent = this.simulator.execute(operation, input);
        return await (abortSignal ? unlessAborted(sent, abortSignal) : sent);
      } catch (error) {
        if (attempt >= maxAttempts || !isRetryable(error)) { throw toRefusal(error); }
      }
    }
  }
}

async function unlessAborted<T>(sent: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError());
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([aborted, sent]);
  } finally {
    signal.removeEventListener('abort', abort);
    // The result of an aborted call is ignored.
    sent.catch(() => {});
  }
}

function abortError(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

function isRetryable(error: unknown): boolean {
  if (error instanceof ServiceError) { return error.fault === 'server' || error.code === 'ThrottlingException'; }
  return typeof (error as NodeJS.ErrnoException).code === 'string';
}

/** The error as a client throws it. Errors that aren't the service's, such as a cut connection, stay the same. */
function toRefusal(error: unknown): unknown {
  if (!(error instanceof ServiceError)) { return error; }
  const { code: name, message, fault: $fault, status: httpStatusCode } = error;
  return Object.assign(new Error(message), { name, $fault, $metadata: { httpStatusCode, requestId: '00000000-0000-4000-8000-000000000000' } });
}
