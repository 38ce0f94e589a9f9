import { join } from 'node:path';
import { CustomResource, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { DEFAULT_RUNTIME, makeRole } from './function-defaults';
import { HANDLER, type GuardedProperties } from './handler-contract';

const FUNCTION_ID = 'RegenerationGuardFunction';

/**
 * Has CloudFormation ask, before it touches the secret, whether what generates the value may change.
 *
 * The properties go to the guard as they are, since only CloudFormation knows what their tokens stand for. They stand in the template
 * already, and are no secret.
 */
export function guardRegeneration(secret: Secret, regenerationGuard: string): void {
  const resource = secret.node.defaultChild as CfnSecret;
  const properties: GuardedProperties = {
    Path: secret.node.path,
    Generator: Lazy.any({ produce: () => resource.generateSecretString }) as unknown as GuardedProperties['Generator'],
    SecretName: resource.name,
    RegenerationGuard: regenerationGuard,
  };
  const guard = new CustomResource(secret, 'RegenerationGuard', {
    serviceToken: guardFunctionOf(Stack.of(secret)).functionArn,
    resourceType: 'Custom::SecretRegenerationGuard',
    properties: { ...properties },
  });
  resource.node.addDependency(guard);
}

/** The one function of a stack that decides for all of its secrets. */
function guardFunctionOf(stack: Stack): lambda.Function {
  const existing = stack.node.tryFindChild(FUNCTION_ID);
  if (existing) { return existing as lambda.Function; }
  const logGroup = new logs.LogGroup(stack, `${FUNCTION_ID}LogGroup`, { retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
  return new lambda.Function(stack, FUNCTION_ID, {
    description: 'Guards the values of secrets against being generated anew at deployment',
    architecture: lambda.Architecture.ARM_64,
    runtime: DEFAULT_RUNTIME,
    timeout: Duration.seconds(30),
    loggingFormat: lambda.LoggingFormat.JSON,
    role: makeRole(stack, `${FUNCTION_ID}Role`, logGroup, false),
    logGroup,
    code: lambda.Code.fromAsset(join(__dirname, '..', '..', 'assets', 'guard')),
    handler: HANDLER,
  });
}
