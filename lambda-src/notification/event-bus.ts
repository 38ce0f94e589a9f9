import { nameOf, UNNAMED, type Channel } from './channel';
import { DETAIL_TYPE, SOURCE } from './notification';

/** As much of an answer of PutEvents as is read. */
interface PutEventsAnswer {
  readonly FailedEntryCount?: unknown;
  readonly Entries?: readonly { readonly ErrorCode?: unknown }[];
  readonly __type?: unknown;
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
    refusalOf({ status, body }) {
      const answer = parse(body);
      if (status !== 200) { return nameOf(String(answer?.__type).replace(/^.*#/, '')); }
      // The call succeeds also where the bus didn't take the entry.
      if (answer?.FailedEntryCount === 0) { return undefined; }
      return answer?.FailedEntryCount === 1 ? nameOf(answer.Entries?.[0]?.ErrorCode) : UNNAMED;
    },
  };
}

function parse(body: string): PutEventsAnswer | undefined {
  try {
    return JSON.parse(body) as PutEventsAnswer | undefined ?? undefined;
  } catch {
    return undefined;
  }
}
