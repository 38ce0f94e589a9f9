import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { serializeConfig, type CommonConfig, type HandlerConfig } from '../contract';
import type { TargetDefinition } from '../targets/definition';
import { hasTokens } from '../value/generator';

/** The configuration of a handler, as the text of the environment variable and as far as it is known. */
export function renderConfig(
  scope: Construct, definition: TargetDefinition, common: CommonConfig,
): { readonly config: string; readonly knownConfig: HandlerConfig } {
  const generator = { ...definition.defaults, ...definition.given };
  const config: HandlerConfig = { ...definition.config(generator), ...common };
  const isKnown = !hasTokens(generator) && !Object.values(config).some((value) => Token.isUnresolved(value));
  return { config: isKnown ? serializeConfig(config) : Stack.of(scope).toJsonString(config), knownConfig: config };
}
