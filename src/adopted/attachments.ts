import { Annotations, Stack } from 'aws-cdk-lib';
import { CfnSecretTargetAttachment, type CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';

/**
 * Warns of secrets that are attached to a database if their schedule doesn't wait for the attachment. Rotations of database users need the keys
 * that it adds.
 */
export function warnOfAttachments(fn: IConstruct, schedules: Iterable<readonly [ISecret, CfnRotationSchedule]>): void {
  const keyOf = (secretId: string, stack: Stack) => `${stack.node.path} ${JSON.stringify(stack.resolve(secretId))}`;
  const attachments = new Map(fn.node.root.node.findAll().filter((construct) => construct instanceof CfnSecretTargetAttachment)
    .map((attachment) => [keyOf(attachment.secretId, Stack.of(attachment)), attachment]));
  if (attachments.size === 0) { return; }
  for (const [secret, schedule] of schedules) {
    const attachment = attachments.get(keyOf(secret.secretArn, Stack.of(secret)));
    if (attachment === undefined || schedule.node.dependencies.some(({ node }) => node.findAll().includes(attachment))) { continue; }
    Annotations.of(secret).addWarningV2('cdk-rotating-secret:attachedLater', `secret: ${secret.node.path} is attached to a database by ${attachment.node.path}, and its schedule doesn't `
      + 'wait for the host that this adds to it. Rotate the secret that attach returned, such as database.secret');
  }
}
