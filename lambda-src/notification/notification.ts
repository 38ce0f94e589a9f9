import type { Promotion } from '../rotation/steps';

/** Incremented if a field changes its meaning or is removed. New fields may be added at any time. */
export const NOTIFICATION_VERSION = 1;

export const SOURCE = 'cdk-rotating-secret';
export const DETAIL_TYPE = 'Secret Rotated';

/** The message about a version that became AWSCURRENT. It has ids and staging labels, and no value. Its schema is in docs/. */
export interface Notification {
  readonly notificationVersion: typeof NOTIFICATION_VERSION;
  /** The same in every message about one promotion, and in no other. */
  readonly deduplicationId: string;
  readonly secretId: string;
  readonly versionId: string;
  readonly versionStage: 'AWSCURRENT';
  readonly previousVersionId?: string;
  readonly previousVersionStage?: 'AWSPREVIOUS';
  /** When the message was published, which may be long after the promotion. */
  readonly time: string;
}

export function makeNotification({ secretId, versionId, previousVersionId }: Promotion, now: Date): Notification {
  return {
    notificationVersion: NOTIFICATION_VERSION,
    deduplicationId: `${secretId}#${versionId}`,
    secretId,
    versionId,
    versionStage: 'AWSCURRENT',
    ...previousVersionId === undefined ? {} : { previousVersionId, previousVersionStage: 'AWSPREVIOUS' },
    time: now.toISOString(),
  };
}
