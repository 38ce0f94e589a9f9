import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { UNNAMED, type Channel } from './channel';
import { eventBus } from './event-bus';
import { makeNotification } from './notification';
import { signedCall, type SignedCall } from './signed-call';
import { topic } from './topic';
import type { NotificationConfig } from '../../src/contract';
import type { Notify } from '../notify';
import type { ServiceErrors } from '../rotation/service-errors';

interface Problem {
  readonly text: string;
  readonly mayPass: boolean;
}

const NAMES = { events: 'EventBridge', sns: 'SNS' };

/** How long to wait before each further attempt, in milliseconds. */
const RETRY_DELAYS = [100, 400, 1_600];

/** Errors of the services that may pass, by what their names have in common. */
const TRANSIENT = /^(KMS)?(Throttl|Internal|ServiceUnavailable)/;

/** What to do about the others, in the same way. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^KMS/, 'Its key can not be used: grant kms:GenerateDataKey and kms:Decrypt on it to the role of the RotationFunction, and see that it is enabled'],
  [/^(AccessDenied|AuthorizationError|NotAuthorized)/, 'Grant it to the role of the RotationFunction, or look for a policy that denies it: a permissions boundary, a service control policy, '
    + 'or one on what is published to or on the VPC endpoint'],
  [/NotFound/, 'It does not exist any more: deploy it again, or give another RotationNotification'],
];

/**
 * @param client whose parts make the call
 * @param serviceErrors of the asset, which has them anyway
 */
export function notifierOf(config: NotificationConfig, client: Pick<SecretsManagerClient, 'config'>, serviceErrors: ServiceErrors): Notify {
  return notifier(channelOf(config), signedCall(client), serviceErrors);
}

export function channelOf({ eventBusArn, topicArn }: NotificationConfig): Channel {
  return eventBusArn === undefined ? topic(topicArn!) : eventBus(eventBusArn);
}

export function notifier(channel: Channel, call: SignedCall, { findCallProblem, foreignAnswer }: ServiceErrors): Notify {
  return async (promotion, deadline) => {
    const message = channel.message(makeNotification(promotion, new Date()));
    const purpose = `${channel.operation} on ${channel.arn}`;
    const service = { name: NAMES[channel.service], endpoint: channel.service };
    const attempt = async (): Promise<Problem | undefined> => {
      try {
        const answer = await call(channel, message, deadline.signal);
        const name = channel.refusalOf(answer);
        if (name === undefined) { return undefined; }
        const text = name === UNNAMED ? foreignAnswer(purpose, service, answer.status) : refused(channel, name);
        return { text, mayPass: answer.status >= 500 || answer.status === 429 || TRANSIENT.test(name) };
      } catch (error) {
        const found = findCallProblem(purpose, service, error);
        return { text: found?.message ?? `${purpose} failed in a way that is not known to be safe to print`, mayPass: found?.name === 'ConnectivityError' };
      }
    };
    let problem = await attempt();
    for (const delay of RETRY_DELAYS) {
      if (!problem?.mayPass || !await deadline.pause(delay)) { break; }
      problem = await attempt();
    }
    return problem?.text;
  };
}

function refused({ operation, arn, service }: Channel, name: string): string {
  const remedy = REMEDIES.find(([names]) => names.test(name))?.[1] ?? 'See the name of the error in the API reference';
  return `${service}:${operation} on ${arn} was refused with ${name}. ${remedy}`;
}
