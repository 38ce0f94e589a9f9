import type { Notification } from './notification';
import type { Answer } from '../aws/answer';

/** What the body of a request is, and how the service tells. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A way to those who are to be told. */
export interface Channel {
  readonly arn: string;
  /** As in the names of its endpoints and in signatures. */
  readonly service: 'events' | 'sns';
  readonly operation: string;
  message(notification: Notification): Message;
  /** The service's name for why it didn't take the message; undefined if it did, by the documented answer and by no other. */
  refusalOf(answer: Answer): string | undefined;
}
