import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';

export interface GeneratedTargetConfig extends TargetConfig {
  readonly target: 'generated';
  /** The key of the JSON secret to rotate. If absent, the whole string. */
  readonly generateStringKey?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseGeneratedConfig(config: TargetConfig): GeneratedTargetConfig {
  const { target, passwordPolicy, text } = fieldsOf(config, 'generated');
  return { target, generateStringKey: text('generateStringKey'), passwordPolicy };
}
