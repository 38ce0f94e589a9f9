/** The properties of the custom resource that guards a value. CloudFormation makes strings of all that isn't an object. */
export interface GuardedProperties {
  /** The secret's path in the app, for messages. */
  readonly Path: string;
  /** What generates the value. */
  readonly Generator: Readonly<Record<string, unknown>>;
  readonly SecretName?: string;
  /** Changes with the generator where a new value is wanted. */
  readonly RegenerationGuard: string;
}
