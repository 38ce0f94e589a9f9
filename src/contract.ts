/**
 * What the constructs and every handler share: the environment variable that carries the configuration, and the fields of every target. The
 * fields of one target or one feature are in its own contract.
 */
import type { NotificationConfig } from './notification/contract';
import { findPolicyProblem, type PasswordPolicyConfig } from './value/contract';

export * from './first-rotation/contract';
export * from './metrics/contract';
export * from './notification/contract';
export * from './overdue/contract';
export * from './regeneration/contract';
export * from './value/contract';

/** The environment variable that carries the configuration, as JSON. It never holds a secret. */
export const CONFIG_VARIABLE = 'ROTATION_CONFIG';

/** The handler exported by every asset. */
export const HANDLER = 'index.handler';

/** The shortest timeout of the function, in seconds. It leaves a step time to retry, and to log why it gave up. */
export const MIN_TIMEOUT_SECONDS = 10;

/** The configuration of any target. The contract of each target has its further fields. */
export interface TargetConfig {
  readonly target: string;
  readonly passwordPolicy: PasswordPolicyConfig;
  readonly [field: string]: unknown;
}

/** The configuration that every target has. */
export interface CommonConfig extends NotificationConfig {
  /** Whether log lines carry metrics. */
  readonly rotationMetrics?: boolean;
}

export type HandlerConfig = TargetConfig & CommonConfig;

/**
 * Stands in the configuration for a value that has an environment variable of its own. Values that only a deployment knows can't be in the JSON,
 * because CloudFormation doesn't escape them.
 */
export interface OwnVariable {
  readonly variable: string;
  readonly type: 'string' | 'number';
}

/** The configuration as the text of the environment variable. */
export function serializeConfig(config: HandlerConfig): string {
  return JSON.stringify(config);
}

/**
 * Parses the text of the environment variable. The target checks its own fields.
 *
 * @param environment has the variables of values that have their own
 * @throws Error if it is missing, isn't JSON, or has a wrong field.
 */
export function parseConfig(text: string | undefined, environment: Readonly<Record<string, string | undefined>> = {}): HandlerConfig {
  if (!text) { return refuse('is not set'); }
  let config: Partial<HandlerConfig>;
  try {
    config = JSON.parse(text);
  } catch {
    return refuse('is not JSON');
  }
  config = readOwnVariables(config, environment) as Partial<HandlerConfig>;
  if (typeof config !== 'object' || config === null || Array.isArray(config)) { return refuse('is not a JSON object'); }
  const { passwordPolicy } = config;
  if (typeof passwordPolicy !== 'object' || passwordPolicy === null || Array.isArray(passwordPolicy)) { return refuse('has no passwordPolicy'); }
  const problem = findPolicyProblem(passwordPolicy);
  if (problem) { return refuse(`passwordPolicy.${problem.property} ${problem.problem}`); }
  if (typeof config.target !== 'string') { return refuse('has no target'); }
  const { text: textOf, flag } = fieldsOf(config as TargetConfig, config.target);
  flag('rotationMetrics');
  textOf('eventBusArn');
  textOf('topicArn');
  return config as HandlerConfig;
}

/** Reads the fields of a target's configuration. */
export interface Fields<Target extends string> {
  readonly target: Target;
  readonly passwordPolicy: PasswordPolicyConfig;
  /** A string of at least one character, or undefined. */
  text(field: string): string | undefined;
  requiredText(field: string): string;
  /** A list of strings of at least one character each, or undefined. */
  texts(field: string): readonly string[] | undefined;
  flag(field: string): boolean | undefined;
}

/** @throws Error if it is the configuration of another target than these */
export function fieldsOf<Target extends string>(config: TargetConfig, ...targets: readonly Target[]): Fields<Target> {
  if (!(targets as readonly string[]).includes(config.target)) {
    return refuse(`has the target ${JSON.stringify(config.target)}, and this asset is that of ${targets.join(' and ')}`);
  }
  const text = (field: string) => {
    const value = config[field];
    if (value !== undefined && (typeof value !== 'string' || value === '')) { return refuse(`has a field ${field} that is not a string of at least one character`); }
    return value;
  };
  return {
    target: config.target as Target,
    passwordPolicy: config.passwordPolicy,
    text,
    requiredText: (field) => text(field) ?? refuse(`has no field ${field}`),
    texts: (field) => {
      const value = config[field];
      if (value !== undefined && !(Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== ''))) {
        return refuse(`has a field ${field} that is not a list of strings of at least one character`);
      }
      return value as readonly string[] | undefined;
    },
    flag: (field) => {
      const value = config[field];
      if (value !== undefined && typeof value !== 'boolean') { return refuse(`has a field ${field} that is not a boolean`); }
      return value;
    },
  };
}

function readOwnVariables(value: unknown, environment: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) { return value; }
  const { variable, type } = value as Partial<OwnVariable>;
  if (variable === undefined) {
    return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, readOwnVariables(each, environment)]));
  }
  const text = Object.hasOwn(environment, variable) ? environment[variable] : undefined;
  if (text === undefined) { return refuse(`names the variable ${variable}, which is not set`); }
  return type === 'number' ? Number(text) : text;
}

function refuse(problem: string): never {
  throw new Error(`${CONFIG_VARIABLE}: ${problem}. RotationFunction sets this variable; deploy the function with it, unchanged`);
}
