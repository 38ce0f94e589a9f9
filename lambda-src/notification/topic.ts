import { createHash } from 'node:crypto';
import type { Channel } from './channel';
import { DETAIL_TYPE, type Notification } from './notification';
import { xmlErrorName } from '../aws/answer';

/**
 * A topic of SNS.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function topic(arn: string): Channel {
  return {
    arn,
    service: 'sns',
    operation: 'Publish',
    message: (notification) => ({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        Action: 'Publish',
        Version: '2010-03-31',
        TopicArn: arn,
        Subject: DETAIL_TYPE,
        Message: JSON.stringify(notification),
        ...attributes({ detailType: DETAIL_TYPE, secretId: notification.secretId, versionId: notification.versionId }),
        ...arn.endsWith('.fifo') ? ordering(notification) : {},
      }).toString(),
    }),
    refusalOf: (answer) => answer.status === 200 && /<MessageId>[^<]+<\/MessageId>/.test(answer.body) ? undefined : xmlErrorName(answer),
  };
}

/** Attributes that subscriptions can filter by. */
function attributes(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value], index) => {
    const prefix = `MessageAttributes.entry.${index + 1}`;
    return [[`${prefix}.Name`, name], [`${prefix}.Value.DataType`, 'String'], [`${prefix}.Value.StringValue`, value]];
  }));
}

/**
 * Messages of one secret are in order, and a promotion is published once in five minutes. Both ids are hashes, because they take 128 characters
 * and the ARN of a secret may be longer.
 */
function ordering({ secretId, deduplicationId }: Notification): Record<string, string> {
  return { MessageGroupId: hash(secretId), MessageDeduplicationId: hash(deduplicationId) };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
