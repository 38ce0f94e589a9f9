import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CHECK_CONFIG_VARIABLE, METRIC_DIMENSIONS, METRICS, type CheckConfig } from '../contract';
import { checkFunctionOptions, completeFunctionOptions } from '../function/options';
import { RotationPolicy } from '../function/rotated-secrets';
import { shippedCode } from '../function/shipped-code';
import { invalid, naming } from '../invalid';
import { logLevelOf } from '../metrics/rotation-metrics';

/**
 * Properties of a `RotationCheck`.
 */
export interface RotationCheckProps {
  /**
   * The rotation functions whose secrets are checked. At most 20, together with `excludedSecrets`.
   *
   * @default - every secret of the account and the region whose rotation is or was turned on, with any rotation function
   */
  readonly rotationFunctions?: lambda.IFunction[];

  /**
   * Secrets that are not checked, such as a secret whose rotation was turned off for good.
   *
   * @default - no secrets
   */
  readonly excludedSecrets?: secretsmanager.ISecret[];

  /**
   * How late a rotation may be before its secret is overdue.
   *
   * Leave time for the retries of Secrets Manager.
   *
   * @default Duration.days(1)
   */
  readonly grace?: Duration;

  /**
   * When to check.
   *
   * @default events.Schedule.rate(Duration.days(1))
   */
  readonly schedule?: events.Schedule;

  /**
   * The Node.js runtime of the function, version 20 or later.
   *
   * @default - Node.js 24
   */
  readonly runtime?: lambda.Runtime;

  /**
   * Other properties of the function, such as `vpc`, `role` or `logGroup`.
   *
   * @default - arm64, 256 MiB of memory, 5 minutes of time, a role of its own, and a log group of its own, which keeps events for three
   * months and is deleted with the stack
   */
  readonly functionOptions?: lambda.FunctionOptions;
}

const RUNBOOK = 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/runbook.md#overdue';
/** As many ARNs as fit into an environment of 4 KB with the longest names: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ARNS = 20;

/**
 * Looks for overdue secrets, once a day by default: secrets that should have rotated and haven't.
 *
 * It finds rotations that failed until Secrets Manager gave up, schedules that never fired, rotations that started and didn't finish, and
 * rotations that were turned off. It asks Secrets Manager (`ListSecrets`), and needs no CloudTrail. Each overdue secret is a line in its
 * log, with the ARN, the reason and what to do. The number of overdue secrets is a metric.
 *
 * @example
 *
 * const rotation = new RotationFunction(this, 'Rotation');
 * new RotatingSecret(this, 'Password', { rotationFunction: rotation });
 *
 * const check = new RotationCheck(this, 'Check', { rotationFunctions: [rotation] });
 * check.addOverdueAlarm();
 */
export class RotationCheck extends Construct {
  /**
   * The function that checks the secrets.
   */
  public readonly checkFunction: lambda.Function;

  /**
   * @throws if the function couldn't be deployed or couldn't work with a property
   */
  constructor(scope: Construct, id: string, props: RotationCheckProps = {}) {
    const { rotationFunctions, excludedSecrets, grace = Duration.days(1), schedule = events.Schedule.rate(Duration.days(1)) } = props;
    const options = { ...props.functionOptions, runtime: props.runtime };
    naming(scope, id, () => checkProps(props, Stack.of(scope)));
    super(scope, id);
    const config: CheckConfig = {
      functionArns: rotationFunctions?.map((fn) => fn.functionArn),
      excludedSecretArns: excludedSecrets?.map((secret) => secret.secretFullArn ?? secret.secretArn),
      graceSeconds: grace.toSeconds(),
    };
    // The id Default is in no logical id, so the function keeps the logical id that it had when the check was a function.
    this.checkFunction = new lambda.Function(this, 'Default', {
      ...options,
      ...completeFunctionOptions(scope, id, options),
      description: options.description ?? 'Finds secrets of AWS Secrets Manager that should have rotated',
      // Enough for tens of thousands of secrets.
      timeout: options.timeout ?? Duration.minutes(5),
      ...shippedCode('overdue'),
      environment: { ...options.environment, [CHECK_CONFIG_VARIABLE]: Stack.of(scope).toJsonString(config) },
    });
    const level = logLevelOf(options);
    if (['WARN', 'ERROR', 'FATAL'].includes(level)) {
      Annotations.of(this).addWarningV2('cdk-rotating-secret:metricBelowLogLevel', `applicationLogLevel: is ${level}, so Lambda drops the line of the log that has the metric ${METRICS.overdue}, and the alarm takes `
        + 'its absence for a check that does not run. Give INFO');
    }
    // The action supports no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
    const policy = new RotationPolicy(this.checkFunction, 'CheckPolicy');
    policy.addStatements(new iam.PolicyStatement({ sid: 'ListSecrets', actions: ['secretsmanager:ListSecrets'], resources: ['*'] }));
    this.checkFunction.role!.attachInlinePolicy(policy);
    if (!policy.attached) {
      Annotations.of(this).addWarningV2('cdk-rotating-secret:unmodifiableCheckRole', 'role: can\'t be changed by this app, so the function has no permission to list secrets. Give the role '
        + 'secretsmanager:ListSecrets on *, or give a role that can be changed');
    }
    new events.Rule(this, 'Schedule', {
      description: 'Looks for secrets that should have rotated',
      schedule,
      targets: [new targets.LambdaFunction(this.checkFunction)],
    });
  }

  /**
   * The number of overdue secrets at the last check.
   *
   * @param props of the metric, by default the maximum of a day
   */
  public metricOverdueSecrets(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS.namespace,
      metricName: METRICS.overdue,
      dimensionsMap: { [METRIC_DIMENSIONS.function]: this.checkFunction.functionName },
      statistic: cloudwatch.Stats.MAXIMUM,
      period: Duration.days(1),
      ...props,
    }).attachTo(this);
  }

  /**
   * Adds an alarm that goes off if a secret is overdue, or if the check doesn't run.
   *
   * It needs a schedule of once a day or more often. Add an action with `addAlarmAction`.
   *
   * It goes off at the first deployment, until the check has run once, so invoke the function once. After a repair it stays on for up to a
   * day.
   *
   * @param id of the alarm within this construct, `OverdueAlarm` by default
   */
  public addOverdueAlarm(id: string = 'OverdueAlarm'): cloudwatch.Alarm {
    return this.metricOverdueSecrets().createAlarm(this, id, {
      alarmDescription: `A secret should have rotated and has not, or nobody looked. ${RUNBOOK}`,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}

function checkProps({ rotationFunctions, excludedSecrets, functionOptions, runtime }: RotationCheckProps, stack: Stack): void {
  checkFunctionOptions({ ...functionOptions, runtime });
  if (functionOptions?.environment?.[CHECK_CONFIG_VARIABLE] !== undefined) {
    throw invalid('functionOptions.environment', `has ${CHECK_CONFIG_VARIABLE}, which the function sets itself. Take it out`);
  }
  if (rotationFunctions?.length === 0) {
    throw invalid('rotationFunctions', 'is empty, so no secret would be checked. Give functions, or leave it out to check all rotated secrets of the account and the region');
  }
  const arns = [...rotationFunctions ?? [], ...excludedSecrets ?? []].length;
  if (arns > MAX_ARNS) {
    throw invalid('rotationFunctions', `and excludedSecrets name ${arns} together, and ${MAX_ARNS} fit into the environment of a function. Leave rotationFunctions out to check all `
      + 'rotated secrets of the account and the region, or make more than one check');
  }
  for (const fn of rotationFunctions ?? []) { checkSameAccountAndRegion(fn, stack); }
}

/** Secrets Manager lists the secrets of one account and region. */
function checkSameAccountAndRegion({ env, node }: lambda.IFunction, { account, region }: Stack): void {
  for (const [property, theirs, ours] of [['region', env.region, region], ['account', env.account, account]]) {
    if (Token.isUnresolved(theirs) || Token.isUnresolved(ours) || theirs === ours) { continue; }
    throw invalid('rotationFunctions', `${node.path} is of the ${property} ${theirs}, and the check of ${ours}, which does not list its secrets. Make a check of the same ${property}`);
  }
}
