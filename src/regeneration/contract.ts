/** The properties of the custom resource that guards a value. CloudFormation makes a string of everything that isn't an object. */
export interface GuardedProperties {
  /** The secret's path in the app, for messages. */
  readonly Path: string;
  /** The generator of the value. */
  readonly Generator: Readonly<Record<string, unknown>>;
  readonly SecretName?: string;
  /** Changes with the generator if a new value is intended. */
  readonly RegenerationGuard: string;
}
