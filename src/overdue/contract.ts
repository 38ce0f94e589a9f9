/** The environment variable with the configuration of RotationCheck, as JSON. */
export const CHECK_CONFIG_VARIABLE = 'ROTATION_CHECK_CONFIG';

export interface CheckConfig {
  /** The functions whose secrets are checked. If absent, the secrets of every function. */
  readonly functionArns?: string[];
  /** ARNs of secrets that aren't checked, with or without the six characters at the end. */
  readonly excludedSecretArns?: string[];
  /** How late a rotation may be. */
  readonly graceSeconds: number;
}

/**
 * Parses the text of the environment variable.
 *
 * @throws Error if it is missing, or isn't one that the construct makes.
 */
export function parseCheckConfig(text: string | undefined): CheckConfig {
  let config: Partial<Record<keyof CheckConfig, unknown>> | undefined;
  try {
    config = JSON.parse(text ?? '') ?? undefined;
  } catch { /* treated like a missing variable */ }
  const { functionArns, excludedSecretArns, graceSeconds } = config ?? {};
  const areTexts = (value: unknown) => value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== ''));
  if (!areTexts(functionArns) || !areTexts(excludedSecretArns) || typeof graceSeconds !== 'number' || !(graceSeconds >= 0)) {
    throw new Error(`${CHECK_CONFIG_VARIABLE}: is not what RotationCheck sets. Deploy the function with this variable unchanged`);
  }
  return config as CheckConfig;
}
