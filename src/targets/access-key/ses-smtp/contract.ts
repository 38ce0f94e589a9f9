import type { TargetConfig } from '../../../contract';
import { accessKeyFieldsOf, type AccessKeyTargetConfig } from '../contract';

/** The keys of the secret: the id of the access key, and the password that is derived from the key. */
export const USERNAME_KEY = 'username';
export const PASSWORD_KEY = 'password';

export interface SesSmtpTargetConfig extends AccessKeyTargetConfig {
  readonly target: 'ses-smtp';
  /** The region of SES. If absent, the region of the function. */
  readonly region?: string;
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseSesSmtpConfig(config: TargetConfig): SesSmtpTargetConfig {
  const { common, text } = accessKeyFieldsOf(config, 'ses-smtp');
  return { ...common, region: text('region') };
}
