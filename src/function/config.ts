import { Lazy, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CONFIG_VARIABLE, serializeConfig, type CommonConfig, type HandlerConfig, type OwnVariable } from '../contract';
import type { TargetDefinition } from '../targets/definition';
import type { Generator } from '../value/generator';

/** The configuration of a handler, as environment variables. */
export interface RenderedConfig {
  readonly variables: Readonly<Record<string, string>>;
  readonly knownConfig: HandlerConfig;
  /** The variables with the part of the configuration that is known when the construct is made. */
  readonly knownVariables: Readonly<Record<string, string>>;
}

/** @param adopted the generator of secrets that other constructs made, resolved when the app is complete; undefined if there is none */
export function renderConfig(
  scope: Construct, definition: TargetDefinition, common: CommonConfig, adopted: () => Generator | undefined,
): RenderedConfig {
  const configOf = (generator: Generator): HandlerConfig => ({ ...definition.config(generator), ...common });
  const knownConfig = configOf({ ...definition.defaults, ...definition.given });
  const own: Record<string, string> = {};
  const config = withoutTokens(knownConfig, own);
  const text = Lazy.uncachedString({
    produce: () => {
      const generator = adopted();
      return textOf(scope, generator ? withoutTokens(configOf(generator), {}) : config);
    },
  });
  return { variables: { [CONFIG_VARIABLE]: text, ...own }, knownConfig, knownVariables: { [CONFIG_VARIABLE]: serializeConfig(config), ...own } };
}

/**
 * Moves each string and number that only a deployment knows to a variable of its own. ARNs stay, because they need no escaping.
 *
 * @param own receives the variables
 */
function withoutTokens<T extends object>(config: T, own: Record<string, string>): T {
  return Object.fromEntries(Object.entries(config).map(([field, value]: [string, unknown]) => {
    // The elements of lists are known.
    if (Array.isArray(value)) { return [field, value]; }
    if (typeof value === 'object' && value !== null) { return [field, withoutTokens(value, own)]; }
    if (!Token.isUnresolved(value) || field.endsWith('Arn')) { return [field, value]; }
    const variable = `${CONFIG_VARIABLE}_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    own[variable] = typeof value === 'number' ? textOfNumber(value) : String(value);
    const reference: OwnVariable = { variable, type: typeof value === 'number' ? 'number' : 'string' };
    return [field, reference];
  })) as T;
}

function textOfNumber(token: number): string {
  return Lazy.uncachedString({
    produce: (context) => {
      const value: unknown = context.resolve(token);
      return typeof value === 'number' ? String(value) : Token.asString(value);
    },
  });
}

function textOf(scope: Construct, config: HandlerConfig): string {
  return Object.values(config).some((value) => Token.isUnresolved(value)) ? Stack.of(scope).toJsonString(config) : serializeConfig(config);
}
