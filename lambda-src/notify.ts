import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
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

type Client = Pick<SecretsManagerClient, 'config'>;

/** Undefined if the configuration has no notification. Loaded lazily: functions without a notification never load it. */
export function shippedNotifier(config: NotificationConfig, makeClient: () => Client): Notify | undefined {
  if (config.eventBusArn === undefined && config.topicArn === undefined) { return undefined; }
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { notifierOf } = require('./notification/notify') as {
    notifierOf(config: NotificationConfig, client: Client, serviceErrors: ServiceErrors): Notify;
  };
  return notifierOf(config, makeClient(), { findCallProblem, foreignAnswer });
}
