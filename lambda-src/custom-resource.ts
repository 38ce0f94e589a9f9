import { setTimeout } from 'node:timers/promises';
import type { Log } from './log';

/** The request of CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html */
export interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: object;
  readonly OldResourceProperties?: object;
}

/** A requested change of the resource. */
export interface Change<Properties> {
  /** The id of the last decision. Undefined if the resource is new. */
  readonly id?: string;
  readonly properties: Properties;
  readonly oldProperties?: Properties;
}

export interface Decision {
  /** The physical id of the resource. It is the only state. */
  readonly id: string;
  /** Why the change is refused, and what to do. */
  readonly refusal?: string;
}

/** @param remainingMs how long the decision may take, so that there is time left to answer */
export type Decide<Properties> = (change: Change<Properties>, remainingMs: number) => Decision | Promise<Decision>;

/** The part of Lambda's context that is read here. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

const ATTEMPTS = 5;
const ATTEMPT_TIMEOUT_MS = 3_000;
const PAUSE_MS = 100;
/** All attempts to answer, and the pauses between them, take at most 18 seconds. The rest is for a call that the decision has just started. */
const TIME_TO_ANSWER_MS = 26_000;

/** A custom resource that makes nothing, and only decides whether the deployment may continue. */
export function customResource<Properties>(decide: Decide<Properties>, log: Log) {
  return async (event: CustomResourceEvent, context: InvocationContext): Promise<void> => {
    const { id, refusal } = await outcomeOf(event, decide, context.getRemainingTimeInMillis() - TIME_TO_ANSWER_MS);
    log('INFO', `${event.RequestType} of ${event.LogicalResourceId}: ${refusal ?? 'allowed'}`, { requestId: event.RequestId });
    await answer(event.ResponseURL, JSON.stringify({
      Status: refusal === undefined ? 'SUCCESS' : 'FAILED',
      Reason: refusal,
      PhysicalResourceId: id,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    }));
  };
}

async function outcomeOf<Properties>(event: CustomResourceEvent, decide: Decide<Properties>, remainingMs: number): Promise<Decision> {
  const { RequestType, PhysicalResourceId, ResourceProperties, OldResourceProperties } = event;
  // There is nothing to delete, and deleting a stack must always succeed.
  if (RequestType === 'Delete') { return { id: PhysicalResourceId ?? event.RequestId }; }
  try {
    return await decide({
      id: PhysicalResourceId,
      properties: ResourceProperties as Properties,
      oldProperties: OldResourceProperties as Properties | undefined,
    }, remainingMs);
  } catch {
    // A vague answer is better than the hour that CloudFormation would wait for one.
    return { id: PhysicalResourceId ?? event.RequestId, refusal: 'This function does not know such a request. Deploy it in the version of the package that made the template' };
  }
}

/** Without an answer CloudFormation waits for an hour. Anybody with the address can answer, so it appears in no error and no log. */
async function answer(url: string, body: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      // As bytes, because a string would add a content type, which the signature of the address doesn't allow.
      const { ok } = await fetch(url, { method: 'PUT', body: Buffer.from(body), signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS) });
      if (ok) { return; }
    } catch { /* retried, without the error of fetch, which has the address */ }
    if (attempt === ATTEMPTS) { throw new Error(`CloudFormation didn't take the answer in ${ATTEMPTS} attempts. Look for what keeps the function from reaching Amazon S3`); }
    await setTimeout(PAUSE_MS * 2 ** attempt);
  }
}
