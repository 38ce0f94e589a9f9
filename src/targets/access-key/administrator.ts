import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';

const POLICIES = ['AdministratorAccess', 'IAMFullAccess'];

interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
}

/** The right, given by this app, with which a user can do everything. Undefined if there is none. */
export function isAdministrator(user: iam.IUser): string | undefined {
  const resource = user.node.defaultChild;
  if (!(resource instanceof iam.CfnUser)) { return undefined; }
  const stack = Stack.of(user);
  const managed = JSON.stringify(stack.resolve(resource.managedPolicyArns) ?? []);
  const name = POLICIES.find((each) => managed.includes(`:policy/${each}"`));
  if (name !== undefined) { return `the managed policy ${name}`; }
  const inline = stack.resolve(resource.policies) as { readonly policyDocument?: unknown }[] | undefined ?? [];
  const documents = [...inline.map(({ policyDocument }) => policyDocument), ...attachedTo(user)];
  return documents.some(allowsAll) ? 'a policy that allows every action, or every one of IAM, on every resource' : undefined;
}

/** The policy documents that the app attaches to a user. */
function attachedTo(user: iam.IUser): unknown[] {
  const userName = JSON.stringify(Stack.of(user).resolve(user.userName));
  return user.node.root.node.findAll()
    .filter((construct): construct is iam.CfnPolicy => construct instanceof iam.CfnPolicy)
    .filter((policy) => JSON.stringify(Stack.of(policy).resolve(policy.users) ?? []).includes(userName))
    .map((policy) => Stack.of(policy).resolve(policy.policyDocument) as unknown);
}

function allowsAll(document: unknown): boolean {
  const { Statement: statements = [] } = (document ?? {}) as { readonly Statement?: Statement | Statement[] };
  return [statements].flat().some(({ Effect, Action, Resource }) => {
    const isAll = [Action].flat().some((action) => action === '*' || action === 'iam:*');
    return Effect === 'Allow' && isAll && [Resource].flat().includes('*');
  });
}
