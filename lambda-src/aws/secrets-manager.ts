import type { ListSecretsRequest, ListSecretsResponse } from '@aws-sdk/client-secrets-manager';
import { nameOf, UNNAMED, type Answer } from './answer';
import { ask } from './ask';
import type { Patience } from './retry';
import type { SignedCall } from './signed-call';
import type { Operations, SecretsManager } from '../rotation/secrets-manager';

interface AllOperations extends Operations {
  readonly ListSecrets: { readonly input: ListSecretsRequest; readonly output: ListSecretsResponse };
}

/** Requests and answers of Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html */
export class SecretsManagerClient implements SecretsManager {
  constructor(private readonly call: SignedCall, private readonly patience: Patience) {}

  public async send<O extends keyof AllOperations>(
    operation: O, input: AllOperations[O]['input'], abortSignal: AbortSignal = new AbortController().signal,
  ): Promise<AllOperations[O]['output']> {
    const region = process.env.AWS_REGION;
    if (!region) { throw Object.assign(new Error('AWS_REGION is not set'), { name: 'NoRegionError' }); }
    const { patience: { retryDelays } } = this;
    const patience = { signal: abortSignal, retryDelays, pause: (milliseconds: number) => this.patience.pause(milliseconds) };
    const { answer, error } = await ask(this.call, {
      service: 'secretsmanager',
      region,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${operation}` },
      body: JSON.stringify(input),
    }, { purpose: operation, errorIn }, patience);
    if (error !== undefined) { throw refusal(error, answer); }
    return parse(answer.body) as AllOperations[O]['output'];
  }
}

function errorIn({ status, body, errorType }: Answer): string | undefined {
  const content = parse(body);
  if (status !== 200) { return nameOf(errorType, content?.__type); }
  return content === undefined ? UNNAMED : undefined;
}

/** The JSON object of an answer, with dates. Undefined if it is something else, which something else must have sent. */
function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const content: unknown = JSON.parse(body, revive);
    return typeof content === 'object' && content !== null && !Array.isArray(content) ? content as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

/** Fields without a value may be null. They are left out, as in the SDK. */
function revive(key: string, value: unknown): unknown {
  if (value === null) { return undefined; }
  return key.endsWith('Date') && typeof value === 'number' ? new Date(value * 1_000) : value;
}

/** Without the service's message, because some messages quote the request. */
function refusal(name: string, { status, headers }: Answer): Error {
  return Object.assign(new Error(`Secrets Manager refused with ${name}`), {
    name,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status, requestId: headers?.['x-amzn-requestid'] },
  });
}
