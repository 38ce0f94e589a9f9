import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

/** The values that CloudFormation puts into a template. */
export interface Deployed {
  readonly account: string;
  readonly region: string;
  /** The value of `Ref`, by the logical id of the resource or the name of the parameter. */
  readonly refs: Readonly<Record<string, string>>;
  /** The exports of other stacks, by name. */
  readonly exports?: Readonly<Record<string, string>>;
}

/** The value with every CloudFormation function resolved. Throws if one can't be. */
export function deployed(value: unknown, context: Deployed): unknown {
  if (Array.isArray(value)) { return value.map((item) => deployed(item, context)); }
  if (typeof value !== 'object' || value === null) { return value; }
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [name, argument] = entries[0] as [string, any];
    if (name === 'Ref') { return found(argument, { ...pseudo(context), ...context.refs }); }
    if (name === 'Fn::Join') { return argument[1].map((part: unknown) => deployed(part, context)).join(argument[0]); }
    if (name === 'Fn::ImportValue') { return found(argument, context.exports ?? {}); }
    if (name.startsWith('Fn::')) { throw new Error(`${name} is not known here`); }
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, deployed(item, context)]));
}

/** The exports of a stack, by name. */
export function exportsOf(stack: Stack, context: Deployed): Record<string, string> {
  const outputs = Object.values<any>(Template.fromStack(stack).toJSON().Outputs ?? {}).filter((output) => output.Export !== undefined);
  return Object.fromEntries(outputs.map(({ Value, Export }) => [Export.Name, String(deployed(Value, context))]));
}

function pseudo({ account, region }: Deployed): Record<string, string> {
  return { 'AWS::AccountId': account, 'AWS::Region': region, 'AWS::Partition': 'aws' };
}

function found(name: string, values: Readonly<Record<string, string>>): string {
  if (!Object.hasOwn(values, name)) { throw new Error(`${name} is not known here`); }
  return values[name];
}
