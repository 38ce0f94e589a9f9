import { SecretValue, Token } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { agree, checkGenerator, generatorOf, type Generator } from './private/generator';
import { invalid } from './private/invalid';
import { RotationFunction, type RotationOptions } from './rotation-function';
import { RotationTarget } from './rotation-target';

/**
 * Properties of a `RotatingSecret`: all those of a `Secret`, and how to rotate it.
 */
export interface RotatingSecretProps extends secretsmanager.SecretProps, RotationOptions {
  /**
   * Whose credential the secret holds. Not together with `rotationFunction`, which has a target.
   *
   * @default - a generated value, with the key and the policy of `generateSecretString`
   */
  readonly target?: RotationTarget;

  /**
   * The function that rotates the secret. One function serves any number of secrets, in any number of stacks of its account and
   * region.
   *
   * @default - a function of its own
   */
  readonly rotationFunction?: RotationFunction;
}

/**
 * A secret that rotates itself: an AWS Secrets Manager secret, the function that rotates it, and the schedule.
 *
 * It is a `Secret`, and goes wherever one goes. Unless told otherwise it rotates every 30 days, and not at deployment.
 *
 * @example
 *
 * new RotatingSecret(this, 'Password', {
 *   secretName: 'my-app/custom-password',
 *   generateSecretString: {
 *     secretStringTemplate: JSON.stringify({ username: 'user1' }),
 *     generateStringKey: 'password',
 *   },
 * });
 */
export class RotatingSecret extends secretsmanager.Secret {
  /**
   * The function that rotates this secret.
   */
  public readonly rotationFunction: RotationFunction;

  /**
   * @throws where a property, or two together, are such that the secret couldn't be deployed or couldn't rotate
   */
  constructor(scope: Construct, id: string, props: RotatingSecretProps = {}) {
    const generator = resolveGenerator(props);
    super(scope, id, { ...props, generateSecretString: hasOwnValue(props) ? undefined : { ...props.generateSecretString, ...generator } });
    this.rotationFunction = props.rotationFunction ?? new RotationFunction(this, 'RotationFunction', {
      target: RotationTarget.generated(targetOptions(generator)),
    });
    this.rotationFunction.rotate(this, props);
  }

  /**
   * Not to be called: a secret has one rotation schedule, and this one has it.
   *
   * @throws always; give `rotationRules`, `rotationFunction` and `target` to the constructor
   */
  public addRotationSchedule(id: string, _options: secretsmanager.RotationScheduleOptions): secretsmanager.RotationSchedule {
    throw new Error(`addRotationSchedule: the RotatingSecret ${this.node.path} has its rotation schedule, and a secret can have only one, so ${id} can't be `
      + 'added. Give rotationRules, rotationFunction or target to the RotatingSecret instead');
  }

  /**
   * Attaches a target to this secret. The first rotation waits for the attachment.
   */
  public attach(target: secretsmanager.ISecretAttachmentTarget): secretsmanager.ISecret {
    const attached = super.attach(target);
    this.rotationFunction._schedules.get(this)?.node.addDependency(attached);
    return attached;
  }
}

/** The generator of the first value and of every later one. */
function resolveGenerator(props: RotatingSecretProps): Generator {
  const { target, rotationFunction, generateSecretString } = props;
  if (rotationFunction !== undefined && !RotationFunction._isRotationFunction(rotationFunction)) {
    throw invalid('rotationFunction', 'is not a RotationFunction. Other functions, and imported ones, don\'t hold our handler: make one with new RotationFunction');
  }
  if (target && rotationFunction) {
    throw invalid('target', 'is given together with rotationFunction, which has a target. Give target to the RotationFunction only');
  }
  const given = generatorOf(generateSecretString);
  const generator = agree(given, (rotationFunction?._target ?? target)?._generator ?? {}, rotationFunction && 'rotationFunction');
  checkGenerator('generateSecretString', generator);
  if (hasOwnValue(props)) {
    if (generateSecretString) {
      throw invalid('generateSecretString', 'is given together with a value. Give the value or the generator, and the key and the policy of later values to the target');
    }
    checkOwnValue(props.secretObjectValue, generator.generateStringKey);
  } else {
    checkTemplate(generateSecretString?.secretStringTemplate, generator.generateStringKey);
  }
  return generator;
}

function hasOwnValue(props: RotatingSecretProps): boolean {
  return props.secretObjectValue !== undefined || props.secretStringValue !== undefined || props.secretStringBeta1 !== undefined;
}

function checkOwnValue(value: { [key: string]: SecretValue } | undefined, key: string | undefined): void {
  if (value === undefined || Token.isUnresolved(key)) { return; }
  if (key === undefined) {
    throw invalid('secretObjectValue', 'is a JSON object, and no key of it is to be rotated. Give target: RotationTarget.generated({ generateStringKey })');
  }
  if (!Object.hasOwn(value, key)) {
    throw invalid('secretObjectValue', `has no key ${JSON.stringify(key)}, which is the generateStringKey to rotate. Its keys are ${Object.keys(value).join(', ')}`);
  }
}

function checkTemplate(template: string | undefined, key: string | undefined): void {
  if (key !== undefined && template === undefined) {
    throw invalid('generateSecretString.secretStringTemplate', `is missing, and generateStringKey is ${JSON.stringify(key)}. Give the JSON object that the key goes `
      + 'into, such as JSON.stringify({ username: \'user1\' })');
  }
  if (key === undefined && template !== undefined) {
    throw invalid('generateSecretString.generateStringKey', 'is missing, and secretStringTemplate is given. Name the key of the generated value');
  }
  if (template === undefined || Token.isUnresolved(template)) { return; }
  let parsed: unknown;
  try {
    parsed = JSON.parse(template);
  } catch { /* undefined is refused below, without what JSON.parse quotes */ }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid('generateSecretString.secretStringTemplate', 'is not a JSON object. Make it one with JSON.stringify');
  }
}

function targetOptions({ generateStringKey, ...passwordPolicy }: Generator) {
  return { generateStringKey, passwordPolicy };
}
