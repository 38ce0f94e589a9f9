/**
 * What the constructs and the handler have to agree on: the environment variable that carries the configuration, its
 * shape, and the rules of a password policy. Both ends validate with the same functions. Imports nothing.
 */

/** The environment variable that carries the configuration, as JSON. It never holds a secret. */
export const CONFIG_VARIABLE = 'ROTATION_CONFIG';

/** The handler exported by every asset. */
export const HANDLER = 'index.handler';

/** Shortest timeout of the function, in seconds, that leaves a step room to retry and to say why it gave up. */
export const MIN_TIMEOUT_SECONDS = 10;

/** The password length when none is given: the default of GetRandomPassword. */
export const DEFAULT_PASSWORD_LENGTH = 32;

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export const MAX_PASSWORD_LENGTH = 4096;
export const MAX_EXCLUDE_CHARACTERS = 4096;

export interface PasswordPolicyConfig {
  readonly passwordLength?: number;
  readonly excludeCharacters?: string;
  readonly excludeLowercase?: boolean;
  readonly excludeUppercase?: boolean;
  readonly excludeNumbers?: boolean;
  readonly excludePunctuation?: boolean;
  readonly includeSpace?: boolean;
  readonly requireEachIncludedType?: boolean;
}

export interface GeneratedTargetConfig {
  readonly target: 'generated';
  /** The key of the JSON secret to rotate; the whole string where it is absent. */
  readonly generateStringKey?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

export const DATABASE_TARGETS = ['postgres', 'mysql', 'mariadb'] as const;

export interface DatabaseTargetConfig {
  readonly target: typeof DATABASE_TARGETS[number];
  /** Alternating users where it is given, a single user where it is absent. */
  readonly superuserSecretArn?: string;
  /** The certificate authority of the server, as PEM; those of Amazon RDS and of Node.js where it is absent. */
  readonly certificateAuthority?: string;
  /** Without TLS. */
  readonly plaintextConnection?: boolean;
  readonly passwordPolicy: PasswordPolicyConfig;
}

export interface ModuleTargetConfig {
  readonly target: 'module';
  /** The key of the JSON secret to rotate; the whole string where it is absent. Not used where the module makes the value. */
  readonly generateStringKey?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

export interface InvokeTargetConfig {
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

export type TargetConfig = GeneratedTargetConfig | DatabaseTargetConfig | ModuleTargetConfig | InvokeTargetConfig;

/** Who is told of a version that became the current one: nobody, or one of these. */
export interface NotificationConfig {
  readonly eventBusArn?: string;
  readonly topicArn?: string;
}

/** What a handler is told whatever its target is. */
export interface CommonConfig extends NotificationConfig {
  /** Whether the lines of the log carry metrics. */
  readonly rotationMetrics?: boolean;
}

export type HandlerConfig = TargetConfig & CommonConfig;

/** The metrics of rotations, as CloudWatch knows them. Each is there once for each dimension. */
export const METRICS = {
  namespace: 'RotatingSecret',
  /** Rotations that were finished. */
  succeeded: 'RotationsSucceeded',
  /** Steps that failed, and with each the attempt that it belongs to. */
  failed: 'RotationsFailed',
  /** How long a step took, in milliseconds. */
  stepDuration: 'RotationStepDuration',
  /** Secrets that should have rotated and haven't, by the function that looks for them. */
  overdue: 'OverdueSecrets',
} as const;

/** One of them, with the complete ARN of the secret or the name of the function. */
export const METRIC_DIMENSIONS = { secret: 'SecretId', function: 'FunctionName' } as const;

const TARGETS: readonly TargetConfig['target'][] = ['generated', ...DATABASE_TARGETS, 'module', 'invoke'];

/** The key of a database secret that is rotated: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
export const DATABASE_PASSWORD_KEY = 'password';

/**
 * What RDS refuses in a master password, and two more that are awkward in connection strings: what AWS's own rotation functions leave out.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 */
export const DATABASE_EXCLUDE_CHARACTERS = '/@"\'\\ ';

/** The types of characters that GetRandomPassword knows, as its API reference lists them. */
export const CHARACTER_TYPES = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

/** The properties of the custom resource that guards a value. CloudFormation makes strings of all that isn't an object. */
export interface GuardedProperties {
  /** The secret's path in the app, for messages. */
  readonly Path: string;
  /** What generates the value. */
  readonly Generator: Readonly<Record<string, unknown>>;
  readonly SecretName?: string;
  /** Changes with the generator where a new value is wanted. */
  readonly RegenerationGuard: string;
}

const POLICY_FIELDS: Record<keyof PasswordPolicyConfig, 'number' | 'string' | 'boolean'> = {
  passwordLength: 'number',
  excludeCharacters: 'string',
  excludeLowercase: 'boolean',
  excludeUppercase: 'boolean',
  excludeNumbers: 'boolean',
  excludePunctuation: 'boolean',
  includeSpace: 'boolean',
  requireEachIncludedType: 'boolean',
};

export const POLICY_PROPERTIES = Object.keys(POLICY_FIELDS) as (keyof PasswordPolicyConfig)[];

/** What is wrong with a policy: the property, and a sentence that says what was given, what is allowed and what to do. */
export interface PolicyProblem {
  readonly property: keyof PasswordPolicyConfig;
  readonly problem: string;
}

/** The characters of each included type that the policy leaves, without the space. */
export function includedTypes(policy: PasswordPolicyConfig): string[] {
  const excluded = new Set(policy.excludeCharacters ?? '');
  const types: string[] = [];
  if (!policy.excludeLowercase) { types.push(CHARACTER_TYPES.lowercase); }
  if (!policy.excludeUppercase) { types.push(CHARACTER_TYPES.uppercase); }
  if (!policy.excludeNumbers) { types.push(CHARACTER_TYPES.numbers); }
  if (!policy.excludePunctuation) { types.push(CHARACTER_TYPES.punctuation); }
  return types.map((type) => [...type].filter((character) => !excluded.has(character)).join(''));
}

/** Why GetRandomPassword would refuse the policy, or could never meet it; undefined where it can be met. */
export function findPolicyProblem(policy: PasswordPolicyConfig): PolicyProblem | undefined {
  for (const property of POLICY_PROPERTIES) {
    const value = policy[property];
    if (value !== undefined && typeof value !== POLICY_FIELDS[property]) {
      return { property, problem: `must be a ${POLICY_FIELDS[property]}, got a ${typeof value}` };
    }
  }
  const length = policy.passwordLength ?? DEFAULT_PASSWORD_LENGTH;
  if (!Number.isInteger(length) || length < 1 || length > MAX_PASSWORD_LENGTH) {
    return { property: 'passwordLength', problem: `must be a whole number from 1 to ${MAX_PASSWORD_LENGTH}, got ${length}` };
  }
  const excludedCount = [...(policy.excludeCharacters ?? '')].length;
  if (excludedCount > MAX_EXCLUDE_CHARACTERS) {
    return { property: 'excludeCharacters', problem: `may hold ${MAX_EXCLUDE_CHARACTERS} characters, got ${excludedCount}` };
  }
  const types = includedTypes(policy);
  const withSpace = policy.includeSpace === true && !(policy.excludeCharacters ?? '').includes(' ');
  if (types.join('') === '' && !withSpace) {
    return { property: 'excludeCharacters', problem: 'together with the excluded types leaves no character; allow at least one' };
  }
  if (policy.requireEachIncludedType ?? true) {
    if (types.length === 0) {
      return {
        property: 'requireEachIncludedType',
        problem: 'needs at least one included type, and all four are excluded; include one or set it to false',
      };
    }
    if (types.some((type) => type === '')) {
      return {
        property: 'excludeCharacters',
        problem: 'excludes every character of a type that requireEachIncludedType demands; exclude that type as a whole, or set requireEachIncludedType to false',
      };
    }
    if (length < types.length) {
      return {
        property: 'passwordLength',
        problem: `is ${length}, and requireEachIncludedType needs one character of each of ${types.length} included types; ` +
          `use at least ${types.length}, or set requireEachIncludedType to false`,
      };
    }
  }
  return undefined;
}

/** Whether a password is one that the policy allows. Says only yes or no, so that nothing of the password gets out. */
export function meetsPolicy(password: string, policy: PasswordPolicyConfig): boolean {
  const types = includedTypes(policy);
  const allowed = new Set(types.join(''));
  if (policy.includeSpace && !(policy.excludeCharacters ?? '').includes(' ')) { allowed.add(' '); }
  const characters = [...password];
  return characters.length === (policy.passwordLength ?? DEFAULT_PASSWORD_LENGTH)
    && characters.every((character) => allowed.has(character))
    && (!(policy.requireEachIncludedType ?? true) || types.every((type) => characters.some((character) => type.includes(character))));
}

/** The configuration as the environment variable's text. */
export function serializeConfig(config: HandlerConfig): string {
  return JSON.stringify(config);
}

/**
 * The configuration from the environment variable's text.
 *
 * @throws Error when it is missing, isn't JSON, or isn't one that `serializeConfig` makes.
 */
export function parseConfig(text: string | undefined): HandlerConfig {
  const fail = (problem: string): never => {
    throw new Error(`${CONFIG_VARIABLE}: ${problem}. RotationFunction sets this variable; deploy the function with it, unchanged`);
  };
  if (!text) { return fail('is not set'); }
  let config: Partial<HandlerConfig>;
  try {
    config = JSON.parse(text);
  } catch {
    return fail('is not JSON');
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) { return fail('is not a JSON object'); }
  const { passwordPolicy } = config;
  if (typeof passwordPolicy !== 'object' || passwordPolicy === null || Array.isArray(passwordPolicy)) {
    return fail('has no passwordPolicy');
  }
  const problem = findPolicyProblem(passwordPolicy);
  if (problem) { return fail(`passwordPolicy.${problem.property} ${problem.problem}`); }
  const { rotationMetrics, eventBusArn, topicArn } = config;
  if (!isAbsentOrBoolean(rotationMetrics)) { return fail('has a rotationMetrics that is not a boolean'); }
  if (!isAbsentOrText(eventBusArn)) { return fail('has an eventBusArn that is not a string of at least one character'); }
  if (!isAbsentOrText(topicArn)) { return fail('has a topicArn that is not a string of at least one character'); }
  const common: CommonConfig = { rotationMetrics, eventBusArn, topicArn };
  if (config.target === 'generated' || config.target === 'module' || config.target === 'invoke') {
    const { generateStringKey } = config;
    if (!isAbsentOrText(generateStringKey)) { return fail('has a generateStringKey that is not a string of at least one character'); }
    if (config.target !== 'invoke') { return { ...common, target: config.target, generateStringKey, passwordPolicy }; }
    const { target, functionArn, createSecret, finishSecret } = config;
    if (functionArn === undefined || !isAbsentOrText(functionArn)) { return fail('has no functionArn that is a string of at least one character'); }
    if (!isAbsentOrBoolean(createSecret)) { return fail('has a createSecret that is not a boolean'); }
    if (!isAbsentOrBoolean(finishSecret)) { return fail('has a finishSecret that is not a boolean'); }
    return { ...common, target, functionArn, createSecret, finishSecret, generateStringKey, passwordPolicy };
  }
  if (isDatabase(config)) {
    const { target, superuserSecretArn, certificateAuthority, plaintextConnection } = config;
    if (!isAbsentOrText(superuserSecretArn)) { return fail('has a superuserSecretArn that is not a string of at least one character'); }
    if (!isAbsentOrText(certificateAuthority)) { return fail('has a certificateAuthority that is not a string of at least one character'); }
    if (!isAbsentOrBoolean(plaintextConnection)) { return fail('has a plaintextConnection that is not a boolean'); }
    return { ...common, target, superuserSecretArn, certificateAuthority, plaintextConnection, passwordPolicy };
  }
  return fail(`has the target ${JSON.stringify(config.target)}, not one of ${TARGETS.join(', ')}`);
}

/** Whether a configuration is that of a database. */
export function isDatabase<T extends { readonly target?: unknown }>(config: T): config is T & Pick<DatabaseTargetConfig, 'target'> {
  return (DATABASE_TARGETS as readonly unknown[]).includes(config.target);
}

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

function isAbsentOrText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value !== '');
}

function isAbsentOrBoolean(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}
