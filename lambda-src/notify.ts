import type { SignedCall } from './aws/signed-call';
import type { Deadline } from './rotation/deadline';
import { findCallProblem, foreignAnswer, type ServiceErrors } from './rotation/service-errors';
import type { Promotion } from './rotation/steps';
import type { NotificationConfig } from '../src/contract';

/**
 * Publishes a promotion: the port between the handler and notifications.
 *
 * @returns why it could not be published, and what to do; undefined if the service accepted the message.
 */
export type Notify = (promotion: Promotion, deadline: Deadline) => Promise<string | undefined>;

/** Undefined if the configuration has no notification. Loaded lazily: functions without a notification never load it. */
export function shippedNotifier(config: NotificationConfig, call: SignedCall): Notify | undefined {
  if (config.eventBusArn === undefined && config.topicArn === undefined) { return undefined; }
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { notifierOf } = require('./notification/notify') as {
    notifierOf(config: NotificationConfig, call: SignedCall, serviceErrors: ServiceErrors): Notify;
  };
  return notifierOf(config, call, { findCallProblem, foreignAnswer });
}
