/** The environment variable that carries the configuration of the check for secrets that should have rotated, as JSON. */
export const CHECK_CONFIG_VARIABLE = 'ROTATION_CHECK_CONFIG';

export interface CheckConfig {
  /** Whose secrets are looked at; those of every function where it is absent. */
  readonly functionArns?: string[];
  /** Those that are not; ARNs, with or without the six characters at the end. */
  readonly excludedSecretArns?: string[];
  /** How late a rotation may be. */
  readonly graceSeconds: number;
}

/**
 * The configuration of the check from the environment variable's text.
 *
 * @throws Error when it is missing, or isn't one that the construct makes.
 */
export function parseCheckConfig(text: string | undefined): CheckConfig {
  let config: Partial<Record<keyof CheckConfig, unknown>> | undefined;
  try {
    config = JSON.parse(text ?? '') ?? undefined;
  } catch { /* as if it were missing */ }
  const { functionArns, excludedSecretArns, graceSeconds } = config ?? {};
  const areTexts = (value: unknown) => value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== ''));
  if (!areTexts(functionArns) || !areTexts(excludedSecretArns) || typeof graceSeconds !== 'number' || !(graceSeconds >= 0)) {
    throw new Error(`${CHECK_CONFIG_VARIABLE}: is not what RotationCheck sets. Deploy the function with this variable unchanged`);
  }
  return config as CheckConfig;
}
