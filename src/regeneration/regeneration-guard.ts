import { join } from 'node:path';
import { CustomResource, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { HANDLER, type GuardedProperties } from '../contract';
import { completeFunctionOptions } from '../function/options';

const FUNCTION_ID = 'RegenerationGuardFunction';

/**
 * Makes CloudFormation check, before it changes the secret, whether the generator of the value may change.
 *
 * The guard gets the properties unresolved, because only CloudFormation knows the values of their tokens. They are in the template already, and
 * are no secret.
 */
export function guardRegeneration(secret: Secret, regenerationGuard: string): void {
  const resource = secret.node.defaultChild as CfnSecret;
  const properties: GuardedProperties = {
    Path: secret.node.path,
    Generator: Lazy.any({ produce: () => resource.generateSecretString }) as unknown as GuardedProperties['Generator'],
    SecretName: Lazy.string({ produce: () => resource.name }),
    RegenerationGuard: regenerationGuard,
  };
  const guard = new CustomResource(secret, 'RegenerationGuard', {
    serviceToken: guardFunctionOf(Stack.of(secret)).functionArn,
    resourceType: 'Custom::SecretRegenerationGuard',
    properties: { ...properties },
  });
  resource.node.addDependency(guard);
}

/** The function of a stack that decides for all of its secrets. */
function guardFunctionOf(stack: Stack): lambda.Function {
  const existing = stack.node.tryFindChild(FUNCTION_ID);
  if (existing) { return existing as lambda.Function; }
  return new lambda.Function(stack, FUNCTION_ID, {
    ...completeFunctionOptions(stack, FUNCTION_ID, {}),
    description: 'Guards the values of secrets against being generated anew at deployment',
    timeout: Duration.seconds(30),
    code: lambda.Code.fromAsset(join(__dirname, '..', '..', 'assets', 'guard')),
    handler: HANDLER,
  });
}
