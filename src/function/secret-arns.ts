import { ArnFormat, CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';

/** Secrets Manager adds a hyphen and six characters to the name of a secret. Whoever imports one by its name doesn't know them. */
const SUFFIX = '-??????';
const LOOKS_COMPLETE = /-[A-Za-z0-9]{6}$/;
/** The resources whose `Ref` is the complete ARN of a secret. */
const COMPLETE_REFS = ['AWS::SecretsManager::Secret', 'AWS::SecretsManager::SecretTargetAttachment'];

/**
 * The ARNs of a secret, as policies name them: one; two if it isn't known whether what was imported is complete.
 */
export function arnsOf(secret: ISecret): string[] {
  const { secretFullArn, secretArn } = secret;
  const arn = secretFullArn ?? secretArn;
  if (!Token.isUnresolved(arn) && !arn.startsWith('arn:')) { return arnsOfName(secret, arn); }
  if (secretFullArn !== undefined) {
    return !Token.isUnresolved(arn) || isCompleteRef(arn) ? [arn] : [arn, `${arn}${SUFFIX}`];
  }
  const known = [secretArn, secret.secretName].find((name) => !Token.isUnresolved(name));
  return known === undefined || LOOKS_COMPLETE.test(known) ? [arn, `${arn}${SUFFIX}`] : [`${arn}${SUFFIX}`];
}

/** The name of a secret, as it is deployed; undefined if it isn't known here. */
export function nameOf(secret: ISecret): string | undefined {
  const resource = secret.node.defaultChild;
  const given = resource instanceof CfnSecret ? resource.name : secret.secretName;
  return given === undefined || Token.isUnresolved(given) ? undefined : given;
}

/** The ARNs of a secret, without a reference to it; undefined if that takes one. */
export function literalArnsOf(secret: ISecret, scope: IConstruct): string[] | undefined {
  const arn = secret.secretFullArn ?? secret.secretArn;
  if (!Token.isUnresolved(arn)) { return arnsOf(secret); }
  const name = nameOf(secret);
  return name === undefined ? undefined : arnsOfName(scope, name);
}

/** The ARN that all secrets have whose names begin so, in the account and the region of a construct. */
export function arnOfPrefix(scope: IConstruct, prefix: string): string {
  return arnOfName(scope, `${prefix}*`);
}

/**
 * Whether a resource of a construct is deployed only after another construct, by what was added with `addDependency`. References are not
 * looked at.
 */
export function waitsFor(construct: IConstruct, awaited: IConstruct): boolean {
  const todo: IConstruct[] = [construct];
  const seen = new Set<IConstruct>(todo);
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    for (const dependency of dependenciesOf(next)) {
      if (awaited.node.scopes.includes(dependency)) { return true; }
      for (const child of dependency.node.findAll()) {
        if (seen.has(child)) { continue; }
        seen.add(child);
        todo.push(child);
      }
    }
  }
  return false;
}

function dependenciesOf(construct: IConstruct): IConstruct[] {
  const ofResource = CfnResource.isCfnResource(construct) ? construct.obtainDependencies() : [];
  return [...construct.node.scopes.flatMap(({ node }) => node.dependencies), ...ofResource];
}

function arnsOfName(scope: IConstruct, name: string): string[] {
  const arn = arnOfName(scope, name);
  return LOOKS_COMPLETE.test(name) ? [arn, `${arn}${SUFFIX}`] : [`${arn}${SUFFIX}`];
}

function arnOfName(scope: IConstruct, resourceName: string): string {
  return Stack.of(scope).formatArn({ service: 'secretsmanager', resource: 'secret', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
}

function isCompleteRef(arn: string): boolean {
  const token = Tokenization.reverseString(arn).firstToken;
  return Reference.isReference(token) && CfnResource.isCfnResource(token.target) && COMPLETE_REFS.includes(token.target.cfnResourceType);
}
