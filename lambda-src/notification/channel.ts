import type { Notification } from './notification';
import type { Answer } from '../aws/answer';

/** The body and the headers of a request. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A destination for notifications. */
export interface Channel {
  readonly arn: string;
  /** The name in endpoints and in signatures. */
  readonly service: 'events' | 'sns';
  readonly operation: string;
  message(notification: Notification): Message;
  /** The service's name for the refusal. Undefined if it accepted the message, which only the documented answer shows. */
  refusalOf(answer: Answer): string | undefined;
}
