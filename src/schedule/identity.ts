import { createHash } from 'node:crypto';
import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * The name of the stack and the path below it: known when the app is synthesized, and no other secret of the account and region has
 * the same. If either changes, CloudFormation makes another secret.
 */
export function identityOf(secret: IConstruct): [stack: string, path: string] {
  const stack = topStackOf(secret);
  const { stackName } = stack;
  return [Token.isUnresolved(stackName) ? stack.node.path : stackName, secret.node.path.slice(stack.node.path.length)];
}

/**
 * A text for ids of constructs that are made for a secret. It stays if the stack moves, such as into a Stage, and keeps its name. The address
 * of a construct changes then, and a schedule with another id is deleted by CloudFormation after the new one was made, which turns rotation off.
 *
 * It is the address that the secret has in a stack with that name, directly in the app.
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
