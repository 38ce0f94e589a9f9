import { fieldsOf, type TargetConfig } from '../../../contract';
import type { PasswordPolicyConfig } from '../../../value/contract';

export interface InvokeTargetConfig extends TargetConfig {
  readonly target: 'invoke';
  /** The function that knows the target. */
  readonly functionArn: string;
  /** Whether the function makes and stores the next value. */
  readonly createSecret?: boolean;
  /** Whether the function wants to be told before the pending version becomes the current one. */
  readonly finishSecret?: boolean;
  /** The key of the JSON secret to rotate; the whole string where it is absent. Not used where the function makes the value. */
  readonly generateStringKey?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseInvokeConfig(config: TargetConfig): InvokeTargetConfig {
  const { target, passwordPolicy, text, requiredText, flag } = fieldsOf(config, 'invoke');
  return {
    target,
    functionArn: requiredText('functionArn'),
    createSecret: flag('createSecret'),
    finishSecret: flag('finishSecret'),
    generateStringKey: text('generateStringKey'),
    passwordPolicy,
  };
}
