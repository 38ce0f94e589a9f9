import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnRotationSchedule, CfnSecretTargetAttachment, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { invalid } from '../invalid';

const claims = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Records that a secret gets its schedule. Secrets Manager allows one.
 *
 * @throws if it has one, from any of our functions or from `addRotationSchedule`. A schedule that comes later, or is in another scope, is found
 * at synthesis
 */
export function claimSchedule(secret: ISecret, fn: lambda.IFunction): void {
  const { root } = secret.node;
  const claimed = claims.get(root) ?? watch(root);
  const key = keyOf(secret, secret.secretArn, fn.functionArn);
  const first = claimed.get(key) ?? schedulesBelow(secret)[0]?.node.path;
  if (first !== undefined) { throw alreadyScheduled(secret.node.path, first); }
  claimed.set(key, secret.node.path);
}

function watch(root: IConstruct): Map<string, string> {
  const claimed = new Map<string, string>();
  claims.set(root, claimed);
  root.node.addValidation({
    validate: () => {
      const seen = new Map<string, string>();
      return schedulesBelow(root).flatMap((schedule) => {
        const key = keyOf(schedule, schedule.secretId, schedule.rotationLambdaArn ?? '');
        const first = seen.get(key);
        seen.set(key, schedule.node.path);
        return first !== undefined && claimed.has(key) ? [alreadyScheduled(claimed.get(key)!, `${first} and ${schedule.node.path}`).message] : [];
      });
    },
  });
  return claimed;
}

function schedulesBelow(construct: IConstruct): CfnRotationSchedule[] {
  return construct.node.findAll().filter((child): child is CfnRotationSchedule => child instanceof CfnRotationSchedule);
}

/** Whether two constructs certainly stand for one secret, if a function uses both. */
export function areSame(one: ISecret, other: ISecret, fn: lambda.IFunction): boolean {
  return keyOf(one, one.secretArn, fn.functionArn) === keyOf(other, other.secretArn, fn.functionArn);
}

/**
 * One key for one secret, for any construct that stands for it. Imports may be made twice, and an attachment stands for its secret.
 *
 * @param functionArn the function that rotates the secret, in the same account and region
 */
function keyOf(scope: IConstruct, secretId: string, functionArn: string): string {
  if (!Token.isUnresolved(secretId)) { return secretId; }
  const token = Tokenization.reverseString(secretId).firstToken;
  if (Reference.isReference(token)) {
    const { target } = token;
    if (target instanceof CfnSecretTargetAttachment) { return keyOf(target, target.secretId, functionArn); }
    if (Tokenization.reverseString(secretId).length === 1 && target.node.scope !== undefined && target.node.path !== '') {
      return `${target.node.path} ${token.displayName}`;
    }
  }
  const resolved: unknown = Stack.of(scope).resolve(secretId);
  return JSON.stringify([isOfOneStack(resolved) ? Stack.of(scope).node.path : environmentOf(scope, functionArn), resolved]);
}

/** Whether a value has another meaning in another stack of the same account and region. */
function isOfOneStack(resolved: unknown): boolean {
  return /"(Ref":"(?!AWS::(AccountId|Partition|Region)")|Fn::(?!Join|ImportValue))/.test(JSON.stringify(resolved));
}

/** The account and region, if they are known. Stacks without an account and region may be deployed to any, each to its own. */
function environmentOf(scope: IConstruct, functionArn: string): string {
  const { account, region } = Stack.of(scope);
  if (!Token.isUnresolved(account) && !Token.isUnresolved(region)) { return `${account} ${region}`; }
  const token = Tokenization.reverseString(functionArn).firstToken;
  return Stack.of(Reference.isReference(token) ? token.target : scope).node.path;
}

function alreadyScheduled(secret: string, first: string): Error {
  return invalid('secret', `${secret} has a rotation schedule already (${first}), and a secret can have only one. Rotate it in one place`);
}
