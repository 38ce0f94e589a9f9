import { suppress, type Finding, type Suppression } from '../../scripts/examples/suppressions';
import SUPPRESSIONS from '../../scripts/examples/suppressions.json';

const RULE = { linter: 'cdk-nag', rule: 'IAM5[Resource::*]' };
const FINDING: Finding = { ...RULE, resource: 'Stack/Rotation/RotationPolicy/Resource', message: 'a wildcard' };
const SUPPRESSION: Suppression = { ...RULE, resource: 'RotationPolicy/Resource', reason: 'it has to be' };

test('a suppression covers the findings of its rule on its resource', () => {
  expect(suppress([FINDING, { ...FINDING, resource: 'RotationPolicy/Resource' }], [SUPPRESSION])).toEqual({ unsuppressed: [], unused: [] });
});

test.each<[string, Partial<Finding>]>([
  ['another linter', { linter: 'cfn-lint' }],
  ['another rule', { rule: 'IAM5[Action::s3:*]' }],
  ['another resource', { resource: 'Stack/Rotation/Role/Resource' }],
  ['a resource whose name only ends alike', { resource: 'Stack/OtherRotationPolicy/Resource' }],
])('it does not cover %s, and is unused then', (_, change) => {
  const finding = { ...FINDING, ...change };
  expect(suppress([finding], [SUPPRESSION])).toEqual({ unsuppressed: [finding], unused: [SUPPRESSION] });
});

test.each<Suppression>(SUPPRESSIONS)('$rule on $resource has a reason', ({ reason }) => {
  expect(reason).toMatch(/\w+ \w+ .+\.$/);
});
