import { CfnResource, Reference, Token, Tokenization } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html */
const MANAGED_NAME = /^(?:arn:.*:secret:)?([\w-]+)!/;

/** Attributes of resources that are ARNs of managed secrets. Each has the types of resource and the managing service. */
const MANAGED_ATTRIBUTES: Readonly<Record<string, readonly [RegExp, string]>> = {
  'MasterUserSecret.SecretArn': [/^AWS::(RDS|DocDB)::/, 'rds'],
  'MasterPasswordSecretArn': [/^AWS::Redshift::/, 'redshift'],
  'Namespace.AdminPasswordSecretArn': [/^AWS::RedshiftServerless::/, 'redshift'],
  'CredentialsArn': [/^AWS::AppFlow::/, 'appflow'],
  'SecretArn': [/^AWS::Events::/, 'events'],
};

/** The AWS service that manages a secret and rotates it. Undefined if it isn't known. */
export function managingService(secret: ISecret): string | undefined {
  for (const name of literalNamesOf(secret)) {
    const service = MANAGED_NAME.exec(name)?.[1];
    if (service !== undefined) { return service; }
  }
  const reference = referenceOf(secret);
  const [type, service] = MANAGED_ATTRIBUTES[reference?.displayName ?? ''] ?? [];
  return reference && type?.test(reference.target.cfnResourceType) ? service : undefined;
}

/** The resource of this app whose attribute the ARN of the secret is. Undefined if there is none. */
export function managedResourceOf(secret: ISecret): CfnResource | undefined {
  return managingService(secret) === undefined ? undefined : referenceOf(secret)?.target;
}

function referenceOf(secret: ISecret): { readonly target: CfnResource; readonly displayName: string } | undefined {
  const token = Tokenization.reverseString(secret.secretArn).firstToken;
  if (!Reference.isReference(token) || !CfnResource.isCfnResource(token.target)) { return undefined; }
  return { target: token.target, displayName: token.displayName };
}

/** The known ARN and name of a secret. */
export function literalNamesOf(secret: ISecret): string[] {
  return [secret.secretArn, secret.secretName].filter((name) => !Token.isUnresolved(name));
}
