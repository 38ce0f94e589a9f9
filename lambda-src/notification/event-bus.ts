import type { Channel } from './channel';
import { DETAIL_TYPE, SOURCE } from './notification';
import { nameOf } from '../aws/answer';

/** The part of an answer of PutEvents that is read. */
interface PutEventsAnswer {
  readonly FailedEntryCount?: unknown;
  readonly Entries?: readonly { readonly EventId?: unknown; readonly ErrorCode?: unknown }[];
  readonly __type?: unknown;
  readonly code?: unknown;
}

/**
 * An event bus of EventBridge.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventBus(arn: string): Channel {
  return {
    arn,
    service: 'events',
    operation: 'PutEvents',
    message: (notification) => ({
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' },
      body: JSON.stringify({
        Entries: [{
          EventBusName: arn, Source: SOURCE, DetailType: DETAIL_TYPE, Resources: [notification.secretId], Detail: JSON.stringify(notification),
        }],
      }),
    }),
    refusalOf({ status, body, errorType }) {
      const answer = parse(body);
      if (status !== 200) { return nameOf(errorType, answer?.__type, answer?.code); }
      const entry = Array.isArray(answer?.Entries) ? answer.Entries[0] : undefined;
      // The call also succeeds if the bus refused the entry.
      return answer?.FailedEntryCount === 0 && typeof entry?.EventId === 'string' ? undefined : nameOf(entry?.ErrorCode);
    },
  };
}

function parse(body: string): PutEventsAnswer | undefined {
  try {
    return JSON.parse(body) as PutEventsAnswer | null ?? undefined;
  } catch {
    return undefined;
  }
}
