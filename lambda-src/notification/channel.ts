import type { Notification } from './notification';

/** What the body of a request is, and how the service tells. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** The header in which services of AWS name an error. */
  readonly errorType?: string;
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

/** Taken for the name of an error, where the service names none that is fit to print. */
export const UNNAMED = 'UnknownError';

/** The first name that says nothing but which error it is. Some come with a namespace before them, or an address after them. */
export function nameOf(...texts: unknown[]): string {
  const names = texts.map((text) => typeof text === 'string' ? text.replace(/^.*#/, '').replace(/:.*$/, '') : '');
  return names.find((name) => /^\w{1,64}$/.test(name)) ?? UNNAMED;
}
