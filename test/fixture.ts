import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import { CONFIG_VARIABLE, parseConfig, type HandlerConfig } from '../src/contract';

// What CDK deprecates is supported here while CDK has it.
process.env.JSII_DEPRECATED = 'quiet';
// Newer versions of CDK lint every template, which takes seconds, and most templates here are too small for it.
process.env.CDK_VALIDATION ??= 'false';

export const SCHEDULE = 'AWS::SecretsManager::RotationSchedule';
export const SECRET = 'AWS::SecretsManager::Secret';
export const FUNCTION = 'AWS::Lambda::Function';
export const PERMISSION = 'AWS::Lambda::Permission';
export const POLICY = 'AWS::IAM::Policy';
export const ROLE = 'AWS::IAM::Role';
export const LOG_GROUP = 'AWS::Logs::LogGroup';

export const ENV = { account: '111111111111', region: 'eu-west-1' };

/** An app that synthesizes templates only: CDK's `tree.json` and its copies of assets take a tenth of the time of the tests. */
export function makeApp(): App {
  return new App({ treeMetadata: false, context: { [DISABLE_ASSET_STAGING_CONTEXT]: true } });
}

/** A stack in its own app. */
export function makeStack(props?: StackProps): Stack {
  return new Stack(makeApp(), 'Stack', props);
}

/** A resource of a template. Compare its logical id only, because it differs between versions. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: any;
  readonly dependsOn: string[];
  readonly deletionPolicy?: string;
}

export function resourcesOf(stack: Stack, type?: string): Resource[] {
  return Object.entries<any>(Template.fromStack(stack).toJSON().Resources ?? {})
    .filter(([, resource]) => type === undefined || resource.Type === type)
    .map(([id, { Type, Properties, DependsOn, DeletionPolicy }]) => ({
      id, type: Type, properties: Properties ?? {}, dependsOn: DependsOn ?? [], deletionPolicy: DeletionPolicy,
    }));
}

/** The one resource of a type. Fails if there is none, or more than one. */
export function onlyResource(stack: Stack, type: string): Resource {
  const resources = resourcesOf(stack, type);
  expect(resources).toHaveLength(1);
  return resources[0];
}

/** The configuration that the stack's one function gives its handler. */
export function configOf(stack: Stack): HandlerConfig {
  const { Variables: variables } = onlyResource(stack, FUNCTION).properties.Environment;
  return parseConfig(variables[CONFIG_VARIABLE], variables);
}

/** All statements of all policies of a stack. */
export function statementsOf(stack: Stack): any[] {
  return resourcesOf(stack, POLICY).flatMap((policy) => policy.properties.PolicyDocument.Statement);
}

/** All warnings of a stack except one: newer versions of CDK add it to every app with a reference between stacks. */
export function warningsOf(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue())
    .map((warning) => String(warning.entry.data))
    .filter((warning) => !warning.includes('crossStackReferencesDefault'));
}

/** The error that an action throws. Fails if it throws none. */
export function errorOf(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown');
}

/** Expects the error for an invalid property, with all parts of its message: what was given, what is allowed, what to do. */
export function expectInvalid(action: () => unknown, property: string, ...parts: string[]): Error {
  const error = errorOf(action);
  expect(error.name).toBe('InvalidPropertyError');
  expect(error.message.slice(0, property.length + 2)).toBe(`${property}: `);
  for (const part of parts) { expect(error.message).toContain(part); }
  return error;
}
