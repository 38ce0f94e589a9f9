import { Annotations } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { hasOnlyStandIns, supportText, type TargetDefinition } from '../targets/definition';

/** Says at synthesis that no rotation of a target has met the real service. */
export function informOfStandIns(fn: lambda.Function, { factory, support }: Pick<TargetDefinition, 'factory' | 'support'>): void {
  if (!hasOnlyStandIns(support)) { return; }
  Annotations.of(fn).addInfo(`target: is ${factory}. ${supportText(support)} Rotate a secret that nobody depends on first. `
    + 'To hide this message, set acknowledgeStandIns to true where the target is given. docs/support.md has what was tried, by target');
}
