import type { Channel } from './channel';
import { eventBus } from './event-bus';
import { makeNotification } from './notification';
import { topic } from './topic';
import type { NotificationConfig } from '../../src/contract';
import { mayPass, UNNAMED } from '../aws/answer';
import { SERVICES } from '../aws/endpoint';
import { retry } from '../aws/retry';
import type { SignedCall } from '../aws/signed-call';
import type { Notify } from '../notify';
import type { ServiceErrors } from '../rotation/service-errors';

interface Problem {
  readonly text: string;
  readonly mayPass: boolean;
}

/** What to do about lasting errors, by a part of their names. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^KMS/, 'Its key can not be used: grant kms:GenerateDataKey and kms:Decrypt on it to the role of the RotationFunction, and see that it is enabled'],
  [/^(AccessDenied|AuthorizationError|NotAuthorized)/, 'Grant it to the role of the RotationFunction, or look for a policy that denies it: a permissions boundary, a service control policy, '
    + 'or one on what is published to or on the VPC endpoint'],
  [/NotFound/, 'It does not exist any more: deploy it again, or give another RotationNotification'],
];

/** @param serviceErrors of the asset, which has them anyway */
export function notifierOf(config: NotificationConfig, call: SignedCall, serviceErrors: ServiceErrors): Notify {
  return notifier(channelOf(config), call, serviceErrors);
}

export function channelOf({ eventBusArn, topicArn }: NotificationConfig): Channel {
  return eventBusArn === undefined ? topic(topicArn!) : eventBus(eventBusArn);
}

export function notifier(channel: Channel, call: SignedCall, { findCallProblem, foreignAnswer }: ServiceErrors): Notify {
  return async (promotion, deadline) => {
    const message = channel.message(makeNotification(promotion, new Date()));
    const purpose = `${channel.operation} on ${channel.arn}`;
    const service = { name: SERVICES[channel.service].name, endpoint: channel.service };
    const attempt = async (): Promise<Problem | undefined> => {
      try {
        const answer = await call({ service: channel.service, region: channel.arn.split(':')[3], ...message }, deadline.signal);
        const name = channel.refusalOf(answer);
        if (name === undefined) { return undefined; }
        const text = name === UNNAMED ? foreignAnswer(purpose, service, answer.status) : refused(channel, name);
        return { text, mayPass: mayPass(answer.status, name) };
      } catch (error) {
        const found = findCallProblem(purpose, service, error);
        return { text: found?.message ?? `${purpose} failed with an unexpected error, left out as it may hold a value`, mayPass: found?.name === 'ConnectivityError' };
      }
    };
    return (await retry(attempt, (problem) => problem?.mayPass === true, deadline))?.text;
  };
}

function refused({ operation, arn, service }: Channel, name: string): string {
  const remedy = REMEDIES.find(([names]) => names.test(name))?.[1] ?? 'See the name of the error in the API reference';
  return `${service}:${operation} on ${arn} was refused with ${name}. ${remedy}`;
}
