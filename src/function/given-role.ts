import { Annotations, Stack, Stage } from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnPolicy, Role, type CfnRole, type IRole } from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';

/** Managed policies with neither of the two permissions. The content of other managed policies isn't known here. */
const WITHOUT = /:policy\/(AWSXRayDaemonWriteAccess|service-role\/AWSLambdaRole)"/;

interface Statement {
  readonly Effect: string;
  readonly Action?: string | string[];
  readonly NotAction?: unknown;
}

/**
 * Warns if a role of this app lacks the permissions to log, or those of a function in a VPC. CDK adds them to the roles that it makes, and not
 * to a given role.
 *
 * Call it when the app is complete, because reading a policy closes it.
 */
export function warnOfGivenRole(fn: lambda.Function, role: IRole | undefined): void {
  // Imported roles aren't known. RotationPermissions warns of roles that can't be changed.
  const actions = role instanceof Role ? actionsOf(role.node.defaultChild as CfnRole) : undefined;
  if (role === undefined || actions === undefined) { return; }
  if (!allows(actions, 'logs:PutLogEvents')) {
    Annotations.of(fn).addWarningV2('cdk-rotating-secret:roleWithoutLogs', `role: ${role.node.path} has no permission to write logs, so no log says why a `
      + 'rotation failed. Give it logs:CreateLogStream and logs:PutLogEvents on the log group, with logGroup.grantWrite(role)');
  }
  if (fn.isBoundToVpc && !allows(actions, 'ec2:CreateNetworkInterface')) {
    Annotations.of(fn).addWarningV2('cdk-rotating-secret:roleWithoutNetwork', `role: ${role.node.path} has no permission to make network interfaces, and `
      + 'Lambda refuses to put a function without it into a VPC. Give it ec2:CreateNetworkInterface and the other actions of the managed policy service-role/AWSLambdaVPCAccessExecutionRole, or that policy');
  }
}

/** All actions that the policies of a role allow. Undefined if they aren't known. */
function actionsOf(role: CfnRole): string[] | undefined {
  const stack = Stack.of(role);
  const managed = stack.resolve(role.managedPolicyArns) as unknown[] | undefined ?? [];
  if (managed.some((arn) => !WITHOUT.test(JSON.stringify(arn)))) { return undefined; }
  // Other stages aren't complete yet, and may use the same logical ids.
  const attached = (Stage.of(role) ?? role.node.root).node.findAll()
    .filter((construct) => construct instanceof CfnPolicy || construct instanceof CfnManagedPolicy)
    .filter((policy) => JSON.stringify(Stack.of(policy).resolve(policy.roles) ?? []).includes(JSON.stringify(Stack.of(policy).resolve(role.ref))));
  const inline = (stack.resolve(role.policies) as CfnRole.PolicyProperty[] | undefined ?? []).map(({ policyDocument }) => policyDocument as unknown);
  const statements = [...attached.map((policy) => Stack.of(policy).resolve(policy.policyDocument) as unknown), ...inline]
    .flatMap((document) => ((document as { Statement?: Statement | Statement[] } | undefined)?.Statement ?? []));
  // The effect of a condition is known only to CloudFormation.
  if (!statements.every(isKnown)) { return undefined; }
  return statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action, NotAction }) => NotAction === undefined ? Action ?? [] : '*');
}

function isKnown({ Effect, Action }: { readonly Effect?: unknown; readonly Action?: unknown }): boolean {
  return typeof Effect === 'string' && [Action ?? []].flat().every((action) => typeof action === 'string');
}

function allows(actions: string[], wanted: string): boolean {
  return actions.some((action) => matches(action.toLowerCase(), wanted.toLowerCase()));
}

/** Whether an IAM pattern, with * and ?, matches a text. It isn't turned into a regular expression, because the pattern is foreign text. */
function matches(pattern: string, text: string): boolean {
  // The lengths of text that a prefix of the pattern can have matched.
  let ends = new Set([0]);
  for (const character of pattern) {
    const next = [...ends].filter((end) => character === '?' ? end < text.length : text[end] === character).map((end) => end + 1);
    ends = character === '*' ? from(Math.min(...ends), text.length) : new Set(next);
    if (ends.size === 0) { return false; }
  }
  return ends.has(text.length);
}

function from(first: number, last: number): Set<number> {
  return new Set(Array.from({ length: last - first + 1 }, (_, index) => first + index));
}
