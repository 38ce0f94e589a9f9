import { SecretValue, Stack, Token } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { checkAttachable, isFedFrom } from './adopted/databases';
import { checkReplicaKeys } from './adopted/replicas';
import { invalid, naming } from './invalid';
import { guardRegeneration } from './regeneration/regeneration-guard';
import type { Rotation } from './rotation';
import { RotationFunction, type RotationOptions } from './rotation-function';
import { RotationTarget } from './rotation-target';
import { addressOf } from './schedule/identity';
import { mergeGenerators, checkGenerator, generatorOf, warnOfReplacedValue, type Generator } from './value/generator';
import type { PasswordPolicy } from './value/password-policy';

/**
 * Properties of a `RotatingSecret`: all those of a `Secret`, and how to rotate it.
 */
export interface RotatingSecretProps extends secretsmanager.SecretProps, RotationOptions {
  /**
   * The target of the rotation, whose credential the secret holds. Give it here or to `rotationFunction`, not to both.
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

  /**
   * The policy that the deployed secret was generated with. Set it when you change the policy, so that CloudFormation keeps the value.
   *
   * CloudFormation generates a new value if `GenerateSecretString` changes in the template, and your database doesn't know that value.
   * Give here exactly what `GenerateSecretString` has in the deployed template, and the new policy to `generateSecretString`, `target`
   * or `rotationFunction`.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/changing-a-secret.md
   * @default - the first value has the policy of the later ones
   */
  readonly firstPasswordPolicy?: PasswordPolicy;

  /**
   * Keeps CloudFormation from generating a new value by accident. A deployment that changes `secretName` or `GenerateSecretString` fails
   * before the secret changes, unless this text changes too.
   *
   * Any text will do, such as `1`. A custom resource for each secret, with one function for the stack, compares the properties with those
   * of the last deployment, so deploy it once before you change them. It doesn't see property overrides.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/changing-a-secret.md
   * @default - no guard, so such a deployment generates a new value
   */
  readonly regenerationGuard?: string;

  /**
   * Whether the function of this secret emits rotation metrics, see `RotationFunctionProps.rotationMetrics`. Set it here or on
   * `rotationFunction`, not on both.
   *
   * @default false
   */
  readonly rotationMetrics?: boolean;

  /**
   * Whether to hide the message of the function of this secret, see `RotationFunctionProps.acknowledgeStandIns`. Set it here or on
   * `rotationFunction`, not on both.
   *
   * @default false
   */
  readonly acknowledgeStandIns?: boolean;
}

/**
 * A secret that rotates itself: an AWS Secrets Manager secret, the function that rotates it, and the schedule.
 *
 * It is a `Secret`, so you can use it wherever a `Secret` is expected. By default it rotates every 30 days, and not at deployment.
 *
 * @example
 *
 * new RotatingSecret(this, 'Password', {
 *   secretName: 'my-app/custom-password',
 *   rotationRules: RotationRules.cron({ weekDay: 'SUN', hour: '3', window: Duration.hours(2) }),
 * });
 */
export class RotatingSecret extends secretsmanager.Secret {
  /**
   * The function that rotates this secret.
   */
  public readonly rotationFunction: RotationFunction;

  /**
   * The rotation of this secret: rules for its events, and its metrics.
   */
  public readonly rotation: Rotation;

  private attachment?: secretsmanager.ISecret;

  /**
   * @throws if the secret could not be deployed or could not rotate with these properties
   */
  constructor(scope: Construct, id: string, props: RotatingSecretProps = {}) {
    const { generator, firstGenerator, firstValue, target } = naming(scope, id, () => {
      checkReplicaKeys(scope, props.replicaRegions);
      return resolveGenerator(props);
    });
    super(scope, id, { ...props, generateSecretString: firstGenerator, ...firstValue && { secretStringValue: firstValue } });
    warnOfReplacedValue(this, firstGenerator);
    if (props.regenerationGuard !== undefined) { guardRegeneration(this, props.regenerationGuard); }
    this.rotationFunction = props.rotationFunction ?? new RotationFunction(this, 'RotationFunction', {
      target: target._with(generator),
      rotationMetrics: props.rotationMetrics,
      acknowledgeStandIns: props.acknowledgeStandIns,
    });
    this.rotation = this.rotationFunction.rotate(this, props);
  }

  /**
   * Throws. A secret has one rotation schedule, and this one has it already.
   *
   * @throws always. Give `rotationRules`, `rotationFunction` or `target` to the constructor instead
   */
  public addRotationSchedule(id: string, _options: secretsmanager.RotationScheduleOptions): secretsmanager.RotationSchedule {
    throw new Error(`addRotationSchedule: the RotatingSecret ${this.node.path} has its rotation schedule, and a secret can have only one, so ${id} can't be `
      + 'added. Give rotationRules, rotationFunction or target to the RotatingSecret instead');
  }

  /**
   * Attaches a database to this secret, which adds the keys `engine`, `host`, `port` and so on to it. The first rotation waits for the
   * attachment.
   *
   * If the target of the rotation is a database and the function is in a VPC, the security group of the database lets the function in, on
   * its default port.
   *
   * Databases of `aws-cdk-lib/aws-rds` call this themselves for the secret of `Credentials.fromSecret`.
   *
   * @param target such as an instance or a cluster of Amazon RDS, and behind a proxy the database itself, since a proxy can't be attached
   * @throws if the secret is attached already, or the target is a proxy
   */
  public attach(target: secretsmanager.ISecretAttachmentTarget): secretsmanager.ISecret {
    if (this.attachment) { throw new Error(`Secret is already attached to a target. ${this.node.path} is the secret`); }
    checkAttachable(this, target);
    this.attachment = isFedFromElsewhere(target, this)
      ? new secretsmanager.SecretTargetAttachment(target, `Attachment-${addressOf(this)}`, { secret: this, target })
      : super.attach(target);
    this.rotationFunction._attach(this, this.attachment, target);
    return this.attachment;
  }
}

/**
 * Whether a database of another stack takes its master password from this secret. The stack of the database then depends on the stack of the
 * secret. An attachment in the stack of the secret, where CDK puts it, would close a cycle.
 */
function isFedFromElsewhere(target: object, secret: secretsmanager.ISecret): target is Construct {
  return Construct.isConstruct(target) && Stack.of(target) !== Stack.of(secret)
    && target.node.findAll().some((child) => isFedFrom(child, secret, 'password'));
}

interface ResolvedGenerator {
  /** The generator of every later value. The first value has it too, unless it has a generator of its own. */
  readonly generator: Generator;
  /** Undefined if the first value is given. */
  readonly firstGenerator?: secretsmanager.SecretStringGenerator;
  /** The first value of a secret whose credential is issued by its first rotation. Undefined if a value is given. */
  readonly firstValue?: SecretValue;
  readonly target: RotationTarget;
}

/** The generators of the first value and of later values, and the target with its generator. */
function resolveGenerator(props: RotatingSecretProps): ResolvedGenerator {
  const { rotationFunction, generateSecretString, firstPasswordPolicy, regenerationGuard } = props;
  if (rotationFunction !== undefined && !RotationFunction._isRotationFunction(rotationFunction)) {
    throw invalid('rotationFunction', 'is not a RotationFunction. Other functions, and imported ones, don\'t hold our handler. Give a RotationFunction');
  }
  if (props.target && rotationFunction) {
    throw invalid('target', 'is given together with rotationFunction, which has a target. Give target to the RotationFunction only');
  }
  if (props.rotationMetrics !== undefined && rotationFunction) {
    throw invalid('rotationMetrics', 'is given together with rotationFunction, which says whether it makes metrics. Give rotationMetrics to the RotationFunction only');
  }
  if (props.acknowledgeStandIns !== undefined && rotationFunction) {
    throw invalid('acknowledgeStandIns', 'is given together with rotationFunction, which has the target. Give acknowledgeStandIns to the RotationFunction only');
  }
  const target = rotationFunction?._target ?? props.target ?? RotationTarget.generated();
  const { valueBeforeFirst } = target._definition;
  if (valueBeforeFirst !== undefined) { return resolveIssued(props, target, valueBeforeFirst); }
  const generator = mergeGenerators(generatorOf(generateSecretString), target._definition, rotationFunction && 'rotationFunction');
  checkGenerator('generateSecretString', generator);
  if (hasOwnValue(props)) {
    if (generateSecretString) {
      throw invalid('generateSecretString', 'is given together with a value. Give the value or the generator, and the key and the policy of later values to the target');
    }
    for (const [property, given] of Object.entries({ firstPasswordPolicy, regenerationGuard })) {
      if (given !== undefined) { throw invalid(property, 'is given together with a value, and nothing is generated at deployment then. Leave it out'); }
    }
    if (!target._definition.makesOwnValue) { checkOwnValue(props.secretObjectValue, generator.generateStringKey, target); }
    return { generator, target };
  }
  if (regenerationGuard === '') { throw invalid('regenerationGuard', 'is empty. Give any text, such as 1, or leave it out'); }
  const { secretStringTemplate } = generateSecretString ?? {};
  checkTemplate(secretStringTemplate, generator.generateStringKey, target);
  if (firstPasswordPolicy === undefined) { return { generator, firstGenerator: { ...generateSecretString, ...generator }, target }; }
  const firstGenerator = { ...generatorOf(firstPasswordPolicy), generateStringKey: generator.generateStringKey };
  checkGenerator('firstPasswordPolicy', firstGenerator);
  return { generator, firstGenerator: { secretStringTemplate, ...firstGenerator }, target };
}

/** Nothing is generated for a secret whose credential is issued. */
function resolveIssued(props: RotatingSecretProps, target: RotationTarget, firstValue: string): ResolvedGenerator {
  const { generateSecretString, firstPasswordPolicy, regenerationGuard } = props;
  for (const [property, given] of Object.entries({ generateSecretString, firstPasswordPolicy, regenerationGuard })) {
    if (given !== undefined) {
      throw invalid(property, `is given, and nothing is generated for ${target._definition.factory}: the first rotation makes the first credential. Leave it out, and give other keys of the `
        + 'secret as secretObjectValue');
    }
  }
  return { generator: {}, target, firstValue: hasOwnValue(props) ? undefined : SecretValue.unsafePlainText(firstValue) };
}

function hasOwnValue(props: RotatingSecretProps): boolean {
  return props.secretObjectValue !== undefined || props.secretStringValue !== undefined || props.secretStringBeta1 !== undefined;
}

function checkOwnValue(value: { [key: string]: SecretValue } | undefined, key: string | undefined, target: RotationTarget): void {
  if (value === undefined || Token.isUnresolved(key)) { return; }
  if (key === undefined) {
    throw invalid('secretObjectValue', 'is a JSON object, and no key to rotate is given. Give the key as generateStringKey to RotationTarget.generated, and that as target');
  }
  if (!Object.hasOwn(value, key)) {
    throw invalid('secretObjectValue', `has no key ${JSON.stringify(key)}, which is the generateStringKey to rotate. Its keys are ${Object.keys(value).join(', ')}`);
  }
  const checked = target._definition.checkedKeys.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name].unsafeUnwrap()]);
  target._definition.checkValue('secretObjectValue', Object.fromEntries(checked));
}

function checkTemplate(template: string | undefined, key: string | undefined, target: RotationTarget): void {
  if (key !== undefined && template === undefined) {
    throw invalid('generateSecretString.secretStringTemplate', `is missing, and a rotation generates the key ${JSON.stringify(key)}. Give the JSON object that the key goes `
      + 'into, such as {"username":"user1"}');
  }
  if (key === undefined && template !== undefined) {
    throw invalid('generateSecretString.generateStringKey', 'is missing, and secretStringTemplate is given. Name the key of the generated value');
  }
  if (template === undefined || Token.isUnresolved(template)) { return; }
  let parsed: unknown;
  try {
    parsed = JSON.parse(template);
  } catch { /* undefined is refused below, without the text that JSON.parse quotes */ }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid('generateSecretString.secretStringTemplate', 'is not a JSON object. Give the text of one, such as {"username":"user1"}');
  }
  target._definition.checkValue('generateSecretString.secretStringTemplate', parsed as Record<string, unknown>);
}
