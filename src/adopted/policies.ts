import { Annotations } from 'aws-cdk-lib';
import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { rootOf } from './databases';
import { CHARACTER_TYPES, findPolicyProblem, includedTypes, type PasswordPolicyConfig } from '../contract';
import { generatorIn, generatorOf, hasPolicy, hasTokens, type Generator, type TargetGenerator } from '../value/generator';

/** The part of a target that the policies below read. */
interface PolicyTarget extends TargetGenerator {
  /** Whether its own code makes the later values. */
  readonly makesOwnValue: boolean;
  /** The configuration, which has the policy of later values. */
  readonly config: (generator: Generator) => { readonly passwordPolicy: PasswordPolicyConfig };
  /** Whether the target is a user of a database. */
  readonly isOfDatabase: boolean;
}

/** All characters that `GetRandomPassword` may put into a password. */
const CHARACTERS = [...Object.values(CHARACTER_TYPES).join(''), ' '];

/**
 * The policies of secrets that other constructs made. A reader of such a secret accepts the characters of the first value, and may accept no
 * others.
 */
export class AdoptedPolicies {
  private readonly secrets: ISecret[] = [];
  private hasOurs = false;

  constructor(private readonly target: PolicyTarget) {}

  /** @param isOurs whether it is a `RotatingSecret`, which has the policy of its function */
  public add(secret: ISecret, isOurs: boolean): void {
    if (isOurs) {
      this.hasOurs = true;
    } else {
      this.secrets.push(secret);
    }
  }

  /** The generator that all the secrets have in common, for later values. Undefined if the target's generator applies. */
  public generator(): Generator | undefined {
    const { target } = this;
    if (this.hasOurs || target.makesOwnValue || hasPolicy(target.given) || this.secrets.length === 0) { return undefined; }
    const [policy, ...others] = this.secrets.map((secret) => this.policyOf(secret));
    if (policy === undefined || others.some((other) => JSON.stringify(other) !== JSON.stringify(policy))) { return undefined; }
    const excludeCharacters = excludedCharacters(target.defaults, policy);
    const generator = { ...target.defaults, ...target.given, ...policy, ...excludeCharacters === '' ? {} : { excludeCharacters } };
    return findPolicyProblem(generator) === undefined ? generator : undefined;
  }

  /** Warns of secrets whose later passwords may have characters that the first one can't have, or whose policy isn't known. */
  public warn(fn: IConstruct): void {
    const { target } = this;
    if (target.makesOwnValue || this.generator() !== undefined || hasTokens(target.given)) { return; }
    const later = new Set(charactersOf(target.config({ ...target.defaults, ...target.given }).passwordPolicy));
    for (const secret of this.secrets) {
      const policy = this.policyOf(secret);
      if (policy !== undefined) {
        const first = new Set(charactersOf(policy));
        const added = [...later].filter((character) => !first.has(character)).join('');
        if (added === '') { continue; }
        Annotations.of(secret).addWarningV2('cdk-rotating-secret:otherPolicy', `passwordPolicy: ${secret.node.path} was generated without some characters that ${fn.node.path} puts into later `
          + `values: ${added}. If a reader of the secret can't take them, give ${target.factory} a passwordPolicy that excludes them, and secrets with other policies a `
          + 'RotationFunction of their own. Otherwise acknowledge this warning');
      } else if (target.isOfDatabase && !hasPolicy(target.given) && !this.isGiven(secret)) {
        const excluded = excludedCharacters(target.defaults, {});
        Annotations.of(secret).addWarningV2('cdk-rotating-secret:unknownPolicy', `passwordPolicy: is not given, and the policy of the first value of ${secret.node.path} is not known. Later passwords `
          + `have 32 characters of every type, without ${excluded}. Give ${target.factory} the passwordPolicy that the readers of the secret need, or acknowledge this warning`);
      }
    }
  }

  /** The policy that a secret of this app was generated with. Undefined if it isn't known, or if it doesn't apply to the value that rotates. */
  private policyOf(secret: ISecret): PasswordPolicyConfig | undefined {
    const generated = this.generated(secret);
    if (!generated || generated.generateStringKey !== this.target.given.generateStringKey) { return undefined; }
    const { generateStringKey: _, ...policy } = generatorOf(generated);
    return findPolicyProblem(policy) === undefined ? policy : undefined;
  }

  /** Whether the value was given, or generated for another key. It then has no policy. */
  private isGiven(secret: ISecret): boolean {
    const generated = this.generated(secret);
    if (generated === undefined) { return false; }
    return generated === null || (typeof generated.generateStringKey === 'string' && generated.generateStringKey !== this.target.given.generateStringKey);
  }

  /** The generator. Null if the value was given; undefined if the secret is not of this app. */
  private generated(secret: ISecret): Generator | null | undefined {
    const resource = rootOf(secret.secretArn);
    return resource instanceof CfnSecret ? generatorIn(resource) as Generator | undefined ?? null : undefined;
  }
}

/** Each excluded character once, and only characters that a password can have. CloudFormation accepts any text. */
function excludedCharacters(defaults: Generator, policy: PasswordPolicyConfig): string {
  const excluded = new Set(`${defaults.excludeCharacters ?? ''}${policy.excludeCharacters ?? ''}`);
  return CHARACTERS.filter((character) => excluded.has(character)).join('');
}

function charactersOf(policy: PasswordPolicyConfig): string[] {
  const space = policy.includeSpace === true && !(policy.excludeCharacters ?? '').includes(' ') ? [' '] : [];
  return [...includedTypes(policy).join(''), ...space];
}
