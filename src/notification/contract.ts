/** Who is told of a version that became the current one: nobody, or one of these. */
export interface NotificationConfig {
  readonly eventBusArn?: string;
  readonly topicArn?: string;
}
