import { fieldsOf, type TargetConfig } from '../../../contract';
import type { PasswordPolicyConfig } from '../../../value/contract';

export interface ModuleTargetConfig extends TargetConfig {
  readonly target: 'module';
  /** The key of the JSON secret to rotate; the whole string where it is absent. Not used where the module makes the value. */
  readonly generateStringKey?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseModuleConfig(config: TargetConfig): ModuleTargetConfig {
  const { target, passwordPolicy, text } = fieldsOf(config, 'module');
  return { target, generateStringKey: text('generateStringKey'), passwordPolicy };
}
