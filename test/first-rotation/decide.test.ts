import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import { findProblem } from '../../lambda-src/first-rotation/decide';

const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:rotation';
const described = (changes: Partial<DescribeSecretCommandOutput>) => ({ RotationEnabled: true, RotationLambdaARN: FUNCTION, ...changes });

test.each<[string, Partial<DescribeSecretCommandOutput>]>([
  ['that was rotated', { LastRotatedDate: new Date(0), VersionIdsToStages: { one: ['AWSPREVIOUS'], two: ['AWSCURRENT'] } }],
  ['that was rotated, and is being rotated again', { LastRotatedDate: new Date(0), VersionIdsToStages: { two: ['AWSCURRENT'], three: ['AWSPENDING'] } }],
  ['that was rotated, and has no rotation any more', { LastRotatedDate: new Date(0), RotationEnabled: false }],
  ['whose AWSCURRENT moved to the pending version', { VersionIdsToStages: { one: ['AWSPREVIOUS'], two: ['AWSPENDING', 'AWSCURRENT'] } }],
])('the first rotation of a secret %s is over', (_, changes) => {
  expect(findProblem(described(changes))).toBeUndefined();
});

test.each<[string, Partial<DescribeSecretCommandOutput>, RegExp, boolean]>([
  ['with a pending version', { VersionIdsToStages: { one: ['AWSCURRENT'], two: ['AWSPENDING'] } }, /^A rotation began, .*createSecret, setSecret, testSecret or finishSecret/, false],
  ['whose only version is pending and so current', { VersionIdsToStages: { one: ['AWSCURRENT', 'AWSPENDING'] } }, /^A rotation began/, false],
  ['without a pending version', { VersionIdsToStages: { one: ['AWSCURRENT'] } }, /^No rotation is in progress/, false],
  ['with a value that was put by hand', { VersionIdsToStages: { one: ['AWSPREVIOUS'], two: ['AWSCURRENT'] } }, /^No rotation is in progress/, false],
  ['without a version', {}, /^No rotation is in progress/, false],
  ['whose rotation is off', { RotationEnabled: false, VersionIdsToStages: { one: ['AWSCURRENT'] } }, /^Its rotation is turned off/, true],
  ['whose rotation was never on', { RotationEnabled: undefined }, /^Its rotation is turned off/, true],
])('the first rotation of a secret %s is not over', (_, changes, text, isLasting) => {
  expect(findProblem(described(changes))).toEqual({ text: expect.stringMatching(text), isLasting, functionArn: FUNCTION });
});
