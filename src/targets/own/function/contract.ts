import { fieldsOf, type TargetConfig } from '../../../contract';
import type { PasswordPolicyConfig } from '../../../value/contract';

export interface InvokeTargetConfig extends TargetConfig {
  readonly target: 'invoke';
  /** The function that changes the target. */
  readonly functionArn: string;
  /** Whether the function makes and stores the next value. */
  readonly createSecret?: boolean;
  /** Whether the function is invoked for the step finishSecret. */
  readonly finishSecret?: boolean;
  /** The key of the JSON secret to rotate. If absent, the whole string. Not used if the function makes the value. */
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
