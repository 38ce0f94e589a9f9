import { ArnFormat, CfnElement, CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { rootOf } from '../adopted/databases';

/** Secrets Manager adds a hyphen and six characters to the name of a secret. An import by name doesn't know them. */
const SUFFIX = '-??????';
const LOOKS_COMPLETE = /-[A-Za-z0-9]{6}$/;
/** The resources whose `Ref` is the complete ARN of a secret. */
const COMPLETE_REFS = ['AWS::SecretsManager::Secret', 'AWS::SecretsManager::SecretTargetAttachment'];

/**
 * The ARNs of a secret, as policies name them. There are two if an imported ARN may be complete or partial.
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

/** The deployed name of a secret. Undefined if it isn't known. */
export function nameOf(secret: ISecret): string | undefined {
  const resource = rootOf(secret.secretArn);
  if (!(resource instanceof CfnSecret) && secret.secretFullArn === undefined && !Token.isUnresolved(secret.secretArn)) {
    // CDK takes a last part of six characters for the suffix, which such an import lacks.
    return secret.secretArn.split(':').slice(6).join(':');
  }
  const given = resource instanceof CfnSecret ? resource.name : secret.secretName;
  return given === undefined || Token.isUnresolved(given) ? undefined : given;
}

/** A pattern for the ARNs of all secrets, in the account and the region of a construct, whose names begin with a prefix. */
export function arnOfPrefix(scope: IConstruct, prefix: string): string {
  return arnOfName(scope, `${prefix}*`);
}

/**
 * The ARNs of a secret in the stack of the policy, if the policy can name it together with others. Otherwise undefined. A resource that the
 * secret refers to may wait for another secret, and that one for the policy. So the secret may refer only to parameters, and to keys, which the
 * policy names already.
 */
export function independentArnsOf(secret: ISecret): string[] | undefined {
  const stack = Stack.of(secret);
  const root = rootOf(secret.secretArn);
  if (root instanceof CfnSecret && Stack.of(root) === stack) { return isIndependent(stack, templateOf(root)) ? [root.ref] : undefined; }
  return isIndependent(stack, stack.resolve(secret.secretFullArn ?? secret.secretArn)) ? arnsOf(secret) : undefined;
}

/** The template of the resource, with its dependencies. */
function templateOf(resource: CfnResource): unknown {
  const element = resource as unknown as { _toCloudFormation(): unknown };
  return (Stack.of(resource).resolve(element._toCloudFormation()) as { Resources: object }).Resources;
}

function isIndependent(stack: Stack, template: unknown): boolean {
  const names = namesIn(template);
  if (names.length === 0) { return true; }
  const harmless = stack.node.findAll()
    .filter((child) => CfnElement.isCfnElement(child) && (!CfnResource.isCfnResource(child) || child.cfnResourceType === 'AWS::KMS::Key') && child.stack === stack)
    .map((child) => stack.resolve((child as CfnElement).logicalId));
  return names.every((name) => name.startsWith('AWS::') || harmless.includes(name));
}

/** The logical ids that a part of a template refers to. */
function namesIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) { return []; }
  if (Array.isArray(part)) { return part.flatMap(namesIn); }
  return Object.entries(part).flatMap(([key, value]: [string, unknown]) => {
    switch (key) {
      case 'Ref': return [String(value)];
      case 'DependsOn': return [value].flat().map(String);
      case 'Fn::GetAtt': return [String([value].flat()[0]).split('.')[0]];
      case 'Fn::Sub': return [...[...String([value].flat()[0]).matchAll(/\$\{(?!!)([\w:]+)/g)].map(([, name]) => name), ...namesIn(value)];
      default: return namesIn(value);
    }
  });
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
