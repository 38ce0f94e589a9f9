import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IDependable } from 'constructs';
import { warnOfAttachments } from './adopted/attachments';
import { checkTargets, warnOfMissingHosts } from './adopted/databases';
import { checkHoldsObject } from './adopted/issued-values';
import { literalNamesOf, managingService } from './adopted/managed-secrets';
import { AdoptedPolicies } from './adopted/policies';
import { findReplicas } from './adopted/replicas';
import { METRIC_DIMENSIONS, MIN_TIMEOUT_SECONDS } from './contract';
import { FirstRotation } from './first-rotation/first-rotation';
import { renderConfig } from './function/config';
import { checkEnvironmentSize, checkStacks } from './function/environment';
import { warnOfGivenRole } from './function/given-role';
import { RotationNetwork } from './function/network';
import { checkFunctionOptions, completeFunctionOptions } from './function/options';
import { RotationPermissions } from './function/permissions';
import { checkNamePrefix, RotatedSecrets } from './function/rotated-secrets';
import { informOfStandIns } from './function/stand-ins';
import { warnOfEnforcedSigning } from './function/unsupported-options';
import { invalid, naming } from './invalid';
import { makeRotationAlarms } from './metrics/make-alarms';
import type { RotationAlarms, RotationAlarmsOptions } from './metrics/rotation-alarms';
import { rotationMetric, warnOfLogLevel, type MetricName } from './metrics/rotation-metrics';
import type { RotationNotification } from './notification/rotation-notification';
import { Rotation } from './rotation';
import { RotationTarget } from './rotation-target';
import { addressOf } from './schedule/identity';
import { claimSchedule } from './schedule/one-schedule';
import { RotationRules } from './schedule/rotation-rules';
import type { TargetBinding } from './targets/definition';

/**
 * How to rotate one secret.
 */
export interface RotationOptions {
  /**
   * When to rotate.
   *
   * @default RotationRules.rate(Duration.days(30))
   */
  readonly rotationRules?: RotationRules;

  /**
   * Whether to rotate as soon as the schedule is deployed, and whenever it changes. If not, Secrets Manager only runs `testSecret`
   * at deployment.
   *
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-rotationschedule.html
   * @default - false, or true if the first rotation makes the first credential or its user, as with `RotationTarget.iamAccessKey` and with
   * `creationStatements`
   */
  readonly rotateImmediately?: boolean;

  /**
   * The scope of the schedule. The stack of the schedule depends on the stack of the function and on the stack of the secret. If the stack
   * of the function already depends on the stack of the secret, give a scope in the stack of the function.
   *
   * @default - the secret, or the function if its VPC, its database or its superuser secret is in the stack of the secret
   */
  readonly scheduleScope?: Construct;
}

/**
 * Properties of a `RotationFunction`: all properties of a `lambda.Function` except its code.
 */
export interface RotationFunctionProps extends lambda.FunctionOptions {
  /**
   * The target of the rotations, whose credentials the secrets of this function hold.
   *
   * A database in a VPC also needs `vpc`, and subnets from which the function reaches the database and Secrets Manager.
   *
   * @default RotationTarget.generated()
   */
  readonly target?: RotationTarget;

  /**
   * Where to publish a message after each rotation.
   *
   * If the message can't be published, the last step of the rotation fails, and Secrets Manager retries it. The new version stays AWSCURRENT.
   *
   * @default - no notification
   */
  readonly notification?: RotationNotification;

  /**
   * Whether the function emits rotation metrics, in the namespace `RotatingSecret`: `RotationsSucceeded`, `RotationsFailed` and
   * `RotationStepDuration`, for each secret (dimension `SecretId`, its ARN) and for all secrets of the function (`FunctionName`).
   *
   * They are embedded in its log (CloudWatch embedded metric format). CloudWatch charges for a custom metric for each hour with data.
   *
   * @see https://aws.amazon.com/cloudwatch/pricing/
   * @default false
   */
  readonly rotationMetrics?: boolean;

  /**
   * Whether to hide the message at synthesis that tests run the rotations of the target on stand-ins only, and not on the real service.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/support.md
   * @default false
   */
  readonly acknowledgeStandIns?: boolean;

  /**
   * The prefix of the names of all secrets of this function, such as `my-app/`.
   *
   * The policy of a function names up to five secrets of its stack by their ARNs. If there are more, or one is in another stack, it allows
   * every secret that has this function as its rotation function. A prefix limits that to secrets whose names begin with it.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/permissions.md
   * @default - secrets of any name
   */
  readonly secretNamePrefix?: string;

  /**
   * The Node.js runtime, version 20 or later.
   *
   * @default - Node.js 24
   */
  readonly runtime?: lambda.Runtime;
}

/** The schedule of a secret, with what is needed to make it again in another scope. */
interface Schedule {
  readonly resource: secretsmanager.CfnRotationSchedule;
  readonly options: RotationOptions;
  readonly scheduleDependencies: IDependable[];
  readonly firstRotation?: FirstRotation;
}

const DEFAULT_RULES = RotationRules.rate(Duration.days(30));

const MARK = Symbol.for('cdk-rotating-secret.RotationFunction');

/**
 * The function that rotates secrets: the handler that ships with this package, and only the permissions that it needs.
 *
 * A `RotatingSecret` makes one for itself. Make one to share it among many secrets, to put it in a VPC, or to rotate a secret that
 * another construct made.
 *
 * By default it runs on arm64 with Node.js 24, 256 MiB of memory and a time-out of 30 seconds, or more if its target
 * needs more. It logs JSON to a log group of its own, which
 * keeps events for three months and is deleted with the stack.
 *
 * @example
 *
 * const rotation = new RotationFunction(this, 'Rotation', { target: RotationTarget.generated({ passwordPolicy: { passwordLength: 64 } }) });
 *
 * new RotatingSecret(this, 'Signing', { rotationFunction: rotation });
 * new RotatingSecret(this, 'Session', { rotationFunction: rotation, rotationRules: RotationRules.rate(Duration.days(7)) });
 */
export class RotationFunction extends lambda.Function {
  /**
   * `instanceof` that also works if the package is installed twice.
   *
   * @internal
   */
  public static _isRotationFunction(construct: object): boolean {
    return MARK in construct;
  }

  /** @internal */
  public readonly _target: RotationTarget;

  /** @internal */
  public readonly _rotationMetrics: boolean;

  private readonly schedules = new Map<secretsmanager.ISecret, Schedule>();
  private readonly rotatedSecrets: RotatedSecrets;
  private readonly permissions: RotationPermissions;
  private readonly policies: AdoptedPolicies;
  private readonly hasName: boolean;
  private readonly binding: TargetBinding;
  private readonly network: RotationNetwork;

  /**
   * @throws if the function could not be deployed or could not work with a property
   */
  constructor(scope: Construct, id: string, props: RotationFunctionProps = {}) {
    naming(scope, id, () => checkProps(props));
    const {
      target = RotationTarget.generated(), notification, rotationMetrics = false, acknowledgeStandIns = false, secretNamePrefix, ...options
    } = props;
    const definition = target._definition;
    const common = { ...notification?._config, rotationMetrics: rotationMetrics ? true : undefined };
    const policies = new AdoptedPolicies(definition);
    const rendered = renderConfig(scope, definition, common, () => policies.generator());
    const { variables } = rendered;
    naming(scope, id, () => {
      checkReserved(props.environment, variables);
      checkEnvironmentSize(props.environment, rendered);
    });
    super(scope, id, {
      ...options,
      ...completeFunctionOptions(scope, id, props),
      description: props.description ?? 'Rotates secrets of AWS Secrets Manager',
      timeout: props.timeout ?? definition.timeout,
      ...definition.code(),
      environment: { ...props.environment, ...variables },
    });
    Object.defineProperty(this, MARK, { value: true });
    this.policies = policies;
    this.hasName = props.functionName !== undefined;
    this._target = target;
    this._rotationMetrics = rotationMetrics;
    if (rotationMetrics) { warnOfLogLevel(this, props); }
    if (!acknowledgeStandIns) { informOfStandIns(this, definition); }
    this.rotatedSecrets = new RotatedSecrets(this, secretNamePrefix, props.role === undefined);
    this.permissions = new RotationPermissions(this, this.rotatedSecrets);
    this.binding = naming(scope, id, () => definition.bind(this, this.rotatedSecrets));
    for (const read of this.binding.reads ?? []) {
      naming(scope, id, () => this.checkSameAccountAndRegion(read.property, read.secret));
      this.permissions.grantRead(read);
    }
    this.permissions.allow(...this.binding.statements ?? [], ...naming(scope, id, () => notification?._bind(this)) ?? []);
    this.network = new RotationNetwork(this, props, this.binding, notification);
    this.node.addValidation({ validate: () => this.changedVariables(variables).map((variable) => reserved(variable).message) });
    this.node.addValidation({ validate: () => findReplicas(this, this.schedules.keys()) });
    const isNamedBySecret = this.binding.reaches !== undefined && this.binding.reaches.isNamedByApp !== true;
    checkTargets({
      fn: this,
      target: definition,
      isOfDatabase: isNamedBySecret,
      secrets: () => this.schedules.keys(),
      factoryFor: RotationTarget._factoryFor,
    });
    if (props.codeSigningConfig) { warnOfEnforcedSigning(this, props.codeSigningConfig); }
    this.node.addValidation({
      validate: () => {
        warnOfGivenRole(this, props.role);
        policies.warn(this);
        if (isNamedBySecret) {
          warnOfAttachments(this, [...this.schedules].map(([secret, { resource }]) => [secret, resource]));
          const read = (this.binding.reads ?? []).map(({ property, secret }) => [property, secret] as const);
          warnOfMissingHosts(this.node.root, [...[...this.schedules.keys()].map((secret) => ['secret', secret] as const), ...read]);
        }
        return [];
      },
    });
  }

  /**
   * Rotates a secret with this function.
   *
   * The function may read and write the secret, and use the customer managed key that encrypts it, if the key is known here.
   *
   * @param secret the secret, imported with its `encryptionKey` if it was imported and has one
   * @param options when to rotate it
   * @throws if the secret has a schedule already, is in another account or region, is the superuser secret of the function, or is managed
   * by another AWS service. A replica of a secret of this app is an error at synthesis
   */
  public rotate(secret: secretsmanager.ISecret, options: RotationOptions = {}): Rotation {
    this.checkSameAccountAndRegion('secret', secret);
    this.checkRotatable(secret);
    claimSchedule(secret, this);
    const scope = options.scheduleScope ?? this.scheduleScope(secret);
    if (!this.hasName) { checkStacks('secret', secret, scope, this); }
    this.rotatedSecrets.add(secret, scope);
    this.policies.add(secret, (secret as { readonly rotationFunction?: unknown }).rotationFunction === this);
    const scheduleDependencies = [
      ...this.permissions.grant(secret, scope), ...this.binding.grant?.(secret, scope) ?? [], ...this.network.scheduleDependencies,
    ];
    this.schedules.set(secret, { options, scheduleDependencies, resource: this.schedule(secret, scope, options, scheduleDependencies) });
    const { _fewestHours: hours, _period: period } = options.rotationRules ?? DEFAULT_RULES;
    if (hours !== undefined && period !== undefined) { this.binding.checkInterval?.(secret, hours, period); }
    return Rotation._of(secret, this);
  }

  /**
   * Adds alarms for all secrets of this function: on errors, throttles and the duration of the function, and if it has `rotationMetrics`,
   * on failed rotations.
   *
   * The description of each alarm says what happened, what to do, and which section of the runbook to read. The alarms miss a rotation
   * for which Secrets Manager can't invoke the function. Use `Rotation.onRotationFailed` or `RotationCheck` for that.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/runbook.md
   * @example
   *
   * const rotation = new RotationFunction(this, 'Rotation', { rotationMetrics: true });
   * const alarms = rotation.addRotationAlarms();
   *
   * @param options what the alarms do, and when the duration is too long
   * @throws if the function has the alarms already, or has a time-out that is not known
   */
  public addRotationAlarms(options: RotationAlarmsOptions = {}): RotationAlarms {
    return makeRotationAlarms(this, this._rotationMetrics ? this.metricRotationsFailed() : undefined, options);
  }

  /**
   * The number of rotations by this function that succeeded.
   *
   * It leaves out a rotation whose last step failed, or was stopped, after the new version had become AWSCURRENT.
   *
   * @param props of the metric, by default a sum over 5 minutes
   * @throws if `rotationMetrics` is not set on the function
   */
  public metricRotationsSucceeded(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.rotationMetric('succeeded', props);
  }

  /**
   * The number of times that a step of this function failed with an error in the log, in a rotation or in the test at deployment.
   *
   * Secrets Manager retries a failed rotation, so one rotation can fail several times and succeed in the end.
   *
   * @param props of the metric, by default a sum over 5 minutes
   * @throws if `rotationMetrics` is not set on the function
   */
  public metricRotationsFailed(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.rotationMetric('failed', props);
  }

  /**
   * The duration of the steps of rotations by this function, in milliseconds.
   *
   * @param props of the metric, by default the maximum of 5 minutes
   * @throws if `rotationMetrics` is not set on the function
   */
  public metricRotationStepDuration(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.rotationMetric('stepDuration', props);
  }

  /**
   * Makes the schedule of a secret wait until the secret is attached, and lets this function into the database.
   *
   * @internal
   */
  public _attach(secret: secretsmanager.ISecret, attachment: secretsmanager.ISecret, target: secretsmanager.ISecretAttachmentTarget): void {
    const { options, scheduleDependencies, firstRotation, resource } = this.schedules.get(secret)!;
    let schedule = resource;
    if (Stack.of(attachment) !== Stack.of(secret)) {
      this.network.addDependent(Stack.of(attachment));
      if (options.scheduleScope === undefined) {
        // The stack of the attachment depends on the stack of the secret. A schedule that waits for the attachment can't be in the stack of the
        // secret.
        schedule.node.scope!.node.tryRemoveChild(schedule.node.id);
        schedule = this.schedule(attachment, this.scheduleScope(attachment), options, scheduleDependencies);
        this.schedules.set(secret, { options, scheduleDependencies, firstRotation, resource: schedule });
        firstRotation?.follow(schedule);
      }
    }
    schedule.node.addDependency(attachment);
    if (this.binding.reaches) { this.network.attach({ target: target as Partial<ec2.IConnectable>, schedule }); }
  }

  /**
   * What can wait for the first rotation of a secret. Made on the first call.
   *
   * @internal
   */
  public _firstRotation(secret: secretsmanager.ISecret): IDependable {
    const schedule = this.schedules.get(secret)!;
    const firstRotation = schedule.firstRotation ?? new FirstRotation(secret, this, schedule.resource, this._target._definition.changesSecretOnly);
    this.schedules.set(secret, { ...schedule, firstRotation });
    return firstRotation;
  }

  private rotationMetric(name: MetricName, props: cloudwatch.MetricOptions): cloudwatch.Metric {
    return rotationMetric(this, name, { [METRIC_DIMENSIONS.function]: this.functionName }, this, props);
  }

  private schedule(
    secret: secretsmanager.ISecret, scope: Construct, options: RotationOptions, scheduleDependencies: IDependable[],
  ): secretsmanager.CfnRotationSchedule {
    const id = scope === secret ? 'RotationSchedule' : `RotationSchedule-${addressOf(secret)}`;
    // Stacks with the same name, in different regions, may both import the secret.
    const schedule = new secretsmanager.CfnRotationSchedule(scope, scope.node.tryFindChild(id) ? `RotationSchedule-${secret.node.addr}` : id, {
      secretId: secret.secretFullArn ?? secret.secretArn,
      rotationLambdaArn: this.functionArn,
      rotationRules: (options.rotationRules ?? DEFAULT_RULES)._render(secret),
      rotateImmediatelyOnUpdate: options.rotateImmediately ?? this._target._definition.rotatesAtDeployment,
    });
    // Deploying the schedule starts the first rotation, or the test. It must not start before the permissions and the network are there.
    schedule.node.addDependency(...scheduleDependencies);
    this.network.addDependent(Stack.of(scope));
    return schedule;
  }

  /** The scope in which a schedule closes no known cycle of stacks. */
  private scheduleScope(secret: secretsmanager.ISecret): Construct {
    return this.network.dependsOn(Stack.of(secret)) ? this : secret as unknown as Construct;
  }

  /** Our variables that something removed from the environment or changed in it. */
  private changedVariables(variables: Readonly<Record<string, string>>): string[] {
    const stack = Stack.of(this);
    const { environment } = this.node.defaultChild as lambda.CfnFunction;
    const found = (stack.resolve(environment) as lambda.CfnFunction.EnvironmentProperty).variables as Record<string, unknown>;
    const isKept = (name: string) => JSON.stringify(found[name]) === JSON.stringify(stack.resolve(variables[name]));
    return Object.keys(variables).filter((name) => !isKept(name));
  }

  /** Throws for a secret that this function can't rotate. */
  private checkRotatable(secret: secretsmanager.ISecret): void {
    const { factory, valueBeforeFirst } = this._target._definition;
    if (valueBeforeFirst !== undefined) { checkHoldsObject(secret, factory); }
    this.binding.checkSecret?.(secret);
    this.rotatedSecrets.checkName(secret);
    const service = managingService(secret);
    if (service !== undefined) {
      throw invalid('secret', `${secret.node.path} is managed by another service of AWS (${service}), which alone may rotate it. Leave its rotation to `
        + 'that service, or have the database take its credentials from a secret of yours');
    }
  }

  private checkSameAccountAndRegion(parameter: string, secret: secretsmanager.ISecret): void {
    for (const property of ['region', 'account'] as const) {
      const [theirs, ours] = [secret.env[property], this.env[property]];
      if (!Token.isUnresolved(theirs) && !Token.isUnresolved(ours) && theirs !== ours) {
        throw invalid(parameter, `${secret.node.path} is of the ${property} ${theirs}, and the function of ${ours}. Secrets Manager needs both in one; `
          + 'a replica is rotated through its primary secret');
      }
    }
    const [literal = ''] = literalNamesOf(secret);
    if (secret.secretFullArn === undefined && /-[A-Za-z0-9]{6}$/.test(literal)) {
      Annotations.of(secret).addWarningV2('cdk-rotating-secret:ambiguousPartialArn', `${parameter}: ${literal} is known by a partial ARN and ends with a hyphen and six characters, `
        + 'which Secrets Manager takes for the end of a complete ARN. Import it with Secret.fromSecretCompleteArn');
    }
  }
}

function checkProps(props: RotationFunctionProps): void {
  checkFunctionOptions(props);
  checkNamePrefix(props.secretNamePrefix);
  if (props.timeout && !props.timeout.isUnresolved() && props.timeout.toSeconds() < MIN_TIMEOUT_SECONDS) {
    throw invalid('timeout', `is ${props.timeout.toSeconds()} seconds, and a rotation step needs at least ${MIN_TIMEOUT_SECONDS} to retry`);
  }
}

function checkReserved(environment: Readonly<Record<string, string>> = {}, variables: Readonly<Record<string, string>>): void {
  const taken = Object.keys(variables).find((variable) => environment[variable] !== undefined);
  if (taken !== undefined) { throw reserved(taken); }
}

function reserved(variable: string): Error {
  return invalid('environment', `has ${variable}, which the function sets itself. Take it out`);
}
