import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { CfnSecret, SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { DEFAULT_PASSWORD_LENGTH, findPolicyProblem, POLICY_PROPERTIES, type PasswordPolicyConfig } from '../contract';
import { invalid } from '../invalid';

/** The generated key and the password policy, for the first value and every later one. */
export interface Generator extends PasswordPolicyConfig {
  readonly generateStringKey?: string;
}

const PROPERTIES = [...POLICY_PROPERTIES, 'generateStringKey'] as const;

const DEFAULTS: Generator = {
  passwordLength: DEFAULT_PASSWORD_LENGTH,
  excludeCharacters: '',
  excludeLowercase: false,
  excludeUppercase: false,
  excludeNumbers: false,
  excludePunctuation: false,
  includeSpace: false,
  requireEachIncludedType: true,
};

/** The properties of a `SecretStringGenerator` that a generator has. */
export function generatorOf(given: Generator | SecretStringGenerator = {}): Generator {
  return Object.fromEntries(PROPERTIES.filter((property) => given[property] !== undefined).map((property) => [property, given[property]]));
}

/** Whether a generator has anything but the key. */
export function hasPolicy(generator: Generator): boolean {
  return POLICY_PROPERTIES.some((property) => generator[property] !== undefined);
}

/** Whether a part of a generator is known only at deployment. */
export function hasTokens(generator: Generator): boolean {
  return PROPERTIES.some((property) => Token.isUnresolved(generator[property]));
}

/** Throws if `GetRandomPassword` would refuse the policy, or could never meet it. Tokens aren't checked. */
export function checkGenerator(parent: string, generator: Generator): void {
  if (generator.generateStringKey === '') { throw invalid('generateStringKey', 'is empty; name the key to rotate, or leave it out to rotate the whole string'); }
  if (hasTokens(generator)) { return; }
  const problem = findPolicyProblem(generator);
  if (problem) { throw invalid(`${parent}.${problem.property}`, problem.problem); }
}

/** The generator of a secret of this app, as in the template. Undefined if its value is given. */
export function generatorIn(secret: CfnSecret): CfnSecret.GenerateSecretStringProperty | undefined {
  return Stack.of(secret).resolve(secret.generateSecretString) as CfnSecret.GenerateSecretStringProperty | undefined;
}

/** Warns of a value for the generated key. It is replaced, and readable in the template. */
export function warnOfReplacedValue(secret: IConstruct, generator: SecretStringGenerator | undefined): void {
  const { secretStringTemplate: template, generateStringKey: key } = generator ?? {};
  if (template === undefined || key === undefined || Token.isUnresolved(template) || Token.isUnresolved(key)) { return; }
  // Some write an empty text for the key that is generated.
  const { [key]: value } = JSON.parse(template) as Record<string, unknown>;
  if (value === undefined || value === '') { return; }
  Annotations.of(secret).addWarningV2('cdk-rotating-secret:replacedValue', `generateSecretString.secretStringTemplate: that of ${secret.node.path} has the key ${key}, which is the `
    + `generateStringKey, so its value is replaced by a generated one, and is readable in the template. Take ${key} out of secretStringTemplate`);
}

/** The generator of a target. */
export interface TargetGenerator {
  /** The factory of the target, for errors. */
  readonly factory: string;
  /** The given generator. */
  readonly given: Generator;
  /** What applies if neither the target nor the secret gives it. */
  readonly defaults: Generator;
  /** Whether its key can't be chosen. */
  readonly hasFixedKey: boolean;
}

/**
 * Merges the generator of a secret with that of its target.
 *
 * @param given the generator of the secret
 * @param target the target and its generator
 * @param owner the function that has the target, if this secret can't complete it
 */
export function mergeGenerators(given: Generator, target: TargetGenerator, owner?: string): Generator {
  const held: Generator = owner ? { ...DEFAULTS, generateStringKey: undefined, ...target.defaults, ...target.given } : target.given;
  for (const property of PROPERTIES) {
    if (given[property] === undefined || !(property in held) || given[property] === held[property]) { continue; }
    throw invalid(`generateSecretString.${property}`, `is ${show(given[property])}, and ${owner ?? 'target'} has ${show(held[property])}. One generator serves `
      + 'the first value and every later one: leave it out here'
      + (target.hasFixedKey && property === 'generateStringKey' ? `, for ${target.factory} has no other` : `, or give the same to ${target.factory}${owner ? ' of the function' : ''}`));
  }
  return { ...target.defaults, ...given, ...target.given };
}

function show(value: string | number | boolean | undefined): string {
  if (value === undefined) { return 'none'; }
  return Token.isUnresolved(value) ? 'another token' : JSON.stringify(value);
}
