import { Reference, Token, Tokenization } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html */
const MANAGED_NAME = /^(?:arn:.*:secret:)?([\w-]+)!/;

/** The attributes of resources that are the ARNs of secrets which a service made, and by which service. */
const MANAGED_ATTRIBUTES: Readonly<Record<string, string>> = {
  'MasterUserSecret.SecretArn': 'rds',
  'MasterPasswordSecretArn': 'redshift',
  'Namespace.AdminPasswordSecretArn': 'redshift',
  'CredentialsArn': 'appflow',
  'SecretArn': 'events',
};

/** The service of AWS that made a secret and rotates it itself, if one did; undefined where that isn't known. */
export function managingService(secret: ISecret): string | undefined {
  for (const name of literalNamesOf(secret)) {
    const service = MANAGED_NAME.exec(name)?.[1];
    if (service !== undefined) { return service; }
  }
  const token = Tokenization.reverseString(secret.secretArn).firstToken;
  return Reference.isReference(token) ? MANAGED_ATTRIBUTES[token.displayName] : undefined;
}

/** The ARN and the name of a secret, as far as they are known. */
export function literalNamesOf(secret: ISecret): string[] {
  return [secret.secretArn, secret.secretName].filter((name) => !Token.isUnresolved(name));
}
