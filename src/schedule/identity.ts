import { createHash } from 'node:crypto';
import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * The name of the stack and the path below it. It is known at synthesis, and unique among the secrets of the account and region. If either
 * changes, CloudFormation makes another secret.
 */
export function identityOf(secret: IConstruct): [stack: string, path: string] {
  const stack = topStackOf(secret);
  const { stackName } = stack;
  return [Token.isUnresolved(stackName) ? stack.node.path : stackName, secret.node.path.slice(stack.node.path.length)];
}

/**
 * A text for the ids of constructs that belong to a secret. It is the address that the secret has in a stack of the same name directly in the
 * app.
 *
 * It stays if a stack moves, such as into a Stage, and keeps its name. The construct's own address would change. CloudFormation would then
 * delete the schedule with the old id after it made the new one, which turns rotation off.
 */
export function addressOf(secret: IConstruct): string {
  const stack = topStackOf(secret);
  if (Token.isUnresolved(stack.stackName)) { return secret.node.addr; }
  const below = secret.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  const hash = createHash('sha1');
  for (const id of ['', stack.stackName, ...below]) {
    if (id !== 'Default') { hash.update(id).update('\n'); }
  }
  return `c8${hash.digest('hex')}`;
}

function topStackOf(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) { stack = stack.nestedStackParent; }
  return stack;
}
