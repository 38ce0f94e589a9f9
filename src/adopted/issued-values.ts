import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { rootOf } from './databases';
import { invalid } from '../invalid';
import { generatorIn } from '../value/generator';

/** Throws for a secret that another construct generates as one string. An issued credential needs a JSON object. */
export function checkHoldsObject(secret: ISecret, factory: string): void {
  const resource = rootOf(secret.secretArn);
  const generated = resource instanceof CfnSecret ? generatorIn(resource) : undefined;
  if (generated === undefined || generated.secretStringTemplate !== undefined) { return; }
  throw invalid('secret', `${secret.node.path} is generated as one string, and ${factory} puts keys into a JSON object. Make a RotatingSecret instead, or give the secret a value such as {}`);
}
