/*
 * Events of Secrets Manager that EventBridge gets from CloudTrail. The names are from the user guide, which shows no event, so the format is
 * that of recorded events: https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
 */

/** The events at the beginning and at the end of rotations and their tests. */
export const EVENT_NAMES = [
  'RotationStarted', 'RotationSucceeded', 'RotationFailed', 'RotationAbandoned', 'TestRotationStarted', 'TestRotationSucceeded', 'TestRotationFailed',
] as const;
export type EventName = typeof EVENT_NAMES[number];

/** The part of an event that tests change. */
export interface SampleEvent {
  readonly 'source': string;
  readonly 'detail-type': string;
  readonly 'detail': { readonly eventName: string; readonly additionalEventData?: { readonly SecretId: string } } & Record<string, unknown>;
  readonly [field: string]: unknown;
}

export function sampleEvent(eventName: EventName, secretArn: string): SampleEvent {
  const [, , , region, account] = secretArn.split(':');
  const token = '7ac47c8c-f328-423b-9698-6926dd1f293e';
  return {
    'version': '0',
    'id': 'dd5fd657-7361-f5d2-0c0f-0fe27390611b',
    'detail-type': 'AWS Service Event via CloudTrail',
    'source': 'aws.secretsmanager',
    account,
    'time': '2026-03-01T03:17:16Z',
    region,
    'resources': [],
    'detail': {
      eventVersion: '1.08',
      userIdentity: { accountId: account, invokedBy: 'secretsmanager.amazonaws.com' },
      eventTime: '2026-03-01T03:17:16Z',
      eventSource: 'secretsmanager.amazonaws.com',
      eventName,
      awsRegion: region,
      sourceIPAddress: 'secretsmanager.amazonaws.com',
      userAgent: 'secretsmanager.amazonaws.com',
      ...eventName.endsWith('Failed')
        ? { errorMessage: `Error when executing lambda arn:aws:lambda:${region}:${account}:function:rotation during setSecret step` }
        : {},
      requestParameters: null,
      responseElements: null,
      additionalEventData: { SecretId: secretArn },
      requestID: `Rotation-${secretArn}-${token}`,
      eventID: '638c6d2d-e098-4100-a3e0-a4b7b87e5b92',
      readOnly: false,
      eventType: 'AwsServiceEvent',
      managementEvent: true,
      recipientAccountId: account,
      eventCategory: 'Management',
    },
  };
}

/** The call that starts a rotation, which CloudTrail logs too. */
export function rotateSecretCall(secretArn: string): SampleEvent {
  const { detail, ...event } = sampleEvent('RotationStarted', secretArn);
  const { additionalEventData, ...call } = detail;
  return {
    ...event,
    'detail-type': 'AWS API Call via CloudTrail',
    'detail': { ...call, eventName: 'RotateSecret', eventType: 'AwsApiCall', requestParameters: { secretId: secretArn }, responseElements: { arn: secretArn } },
  };
}

/**
 * The event that Secrets Manager sends without CloudTrail:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html
 */
export function labelUpdated(secretArn: string): SampleEvent {
  const [, , , region, account, , name] = secretArn.split(':');
  return {
    'version': '0',
    'id': '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'Secret Label Updated',
    'source': 'aws.secretsmanager',
    account,
    'time': '2026-03-01T03:17:16Z',
    region,
    'resources': [secretArn],
    'detail': { name: name.slice(0, -7), labelUpdated: 'AWSCURRENT', versionId: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111', eventName: '' },
  };
}
