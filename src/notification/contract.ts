/** The destination of a message after each rotation. At most one of them is set. */
export interface NotificationConfig {
  readonly eventBusArn?: string;
  readonly topicArn?: string;
}
