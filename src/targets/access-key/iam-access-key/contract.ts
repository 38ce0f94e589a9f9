import type { TargetConfig } from '../../../contract';
import { accessKeyFieldsOf, type AccessKeyTargetConfig } from '../contract';

export interface IamAccessKeyTargetConfig extends AccessKeyTargetConfig {
  readonly target: 'iam-access-key';
  /** The key of the JSON secret with the id of the access key. */
  readonly accessKeyIdKey: string;
  readonly secretAccessKeyKey: string;
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseIamAccessKeyConfig(config: TargetConfig): IamAccessKeyTargetConfig {
  const { common, requiredText } = accessKeyFieldsOf(config, 'iam-access-key');
  return { ...common, accessKeyIdKey: requiredText('accessKeyIdKey'), secretAccessKeyKey: requiredText('secretAccessKeyKey') };
}
