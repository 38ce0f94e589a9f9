import { readSuppressions, suppress, type Finding, type Suppression } from '../../scripts/check/examples/suppressions';
import ENTRIES from '../../scripts/check/examples/suppressions.json';

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

test.each([
  ['*-LambdaDLQ', 'HIPAA.Security-LambdaDLQ', true],
  ['*-LambdaDLQ', 'NIST.800.53.R5-LambdaDLQ', true],
  ['*-LambdaDLQ', 'HIPAA.Security-OtherLambdaDLQ', false],
  ['*-LambdaDLQ', 'LambdaDLQ', false],
  ['HIPAA.Security-LambdaDLQ', 'NIST.800.53.R5-LambdaDLQ', false],
  ['IAM5[Resource::*]', 'IAM5[Resource::s3]', false],
])('a suppression of %s and a finding of %s: %s', (suppressed, rule, isCovered) => {
  expect(suppress([{ ...FINDING, rule }], [{ ...SUPPRESSION, rule: suppressed }]).unsuppressed.length === 0).toBe(isCovered);
});

test.each([
  ['*', true],
  ['Rotation*/Resource', true],
  ['*:{IndirectPort}', false],
  ['RotationPolicy.Resource', false],
])('a suppression on %s: %s', (resource, isCovered) => {
  expect(suppress([FINDING], [{ ...SUPPRESSION, resource }]).unsuppressed.length === 0).toBe(isCovered);
});

test('an entry is one suppression for each of its resources, which all have to be needed', () => {
  const { resource, ...rest } = SUPPRESSION;
  const suppressions = readSuppressions([{ ...rest, resources: [resource, 'Other/Resource'] }]);
  expect(suppress([FINDING], suppressions)).toEqual({ unsuppressed: [], unused: [{ ...rest, resource: 'Other/Resource' }] });
});

test.each<Suppression>(readSuppressions(ENTRIES))('$rule on $resource has a reason', ({ reason }) => {
  expect(reason).toMatch(/\w+ \w+ .+\.$/);
});
