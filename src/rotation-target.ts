import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { PasswordPolicy } from './password-policy';
import { checkGenerator, generatorOf, hasTokens, type Generator } from './private/generator';
import { serializeConfig, type HandlerConfig } from './private/handler-contract';

/**
 * Options for a target whose value is generated.
 */
export interface GeneratedTargetOptions {
  /**
   * The key of the JSON secret to rotate. The other keys stay as they are, byte for byte.
   *
   * @default - the whole secret is one string, and is rotated as a whole; a rotation that would replace a JSON object fails instead
   */
  readonly generateStringKey?: string;

  /**
   * What a generated password is made of.
   *
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each
   */
  readonly passwordPolicy?: PasswordPolicy;
}

/**
 * Whose credential a secret holds, and so what a rotation has to change besides the secret.
 */
export class RotationTarget {
  /**
   * A value that exists only in the secret: every reader takes it from there, and nobody else has to accept it.
   *
   * @param options which key of the secret to rotate, and how to generate it
   * @throws where the policy is one that can't be met
   */
  public static generated(options: GeneratedTargetOptions = {}): RotationTarget {
    const generator = generatorOf({ ...options.passwordPolicy, generateStringKey: options.generateStringKey });
    checkGenerator('passwordPolicy', generator);
    return new RotationTarget(generator);
  }

  private constructor(private readonly generator: Generator) {}

  /**
   * What the target says about generated values; what it leaves open is absent.
   *
   * @internal
   */
  public get _generator(): Generator {
    return this.generator;
  }

  /** @internal */
  public _bind(scope: Construct): { readonly assetDirectory: string; readonly config: string } {
    const { generateStringKey, ...passwordPolicy } = this.generator;
    const config: HandlerConfig = { target: 'generated', generateStringKey, passwordPolicy };
    return {
      assetDirectory: join(__dirname, '..', 'assets', 'generated'),
      config: hasTokens(this.generator) ? Stack.of(scope).toJsonString(config) : serializeConfig(config),
    };
  }
}
