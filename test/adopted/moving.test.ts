/*
 * Moving from CDK's own schedules, as in docs/moving.md. CloudFormation deletes a schedule with a removed logical id after it made the new one,
 * which turns rotation off.
 */
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Secret, type CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget } from '../../src';
import { makeApp, onlyResource, SCHEDULE } from '../fixture';

const makeStack = () => new Stack(makeApp(), 'Stack');
const keepId = (secret: ISecret, id: string) => (secret.node.findChild('RotationSchedule') as CfnRotationSchedule).overrideLogicalId(id);

function databaseOf(stack: Stack): rds.DatabaseInstance {
  return new rds.DatabaseInstance(stack, 'Database', {
    vpc: new ec2.Vpc(stack, 'Vpc'), engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }),
  });
}

/** A stack before and after the move to this package. */
const MOVES: Record<string, [(stack: Stack) => void, (stack: Stack) => ISecret]> = {
  addRotationSchedule: [
    (stack) => new Secret(stack, 'Secret').addRotationSchedule('RotationSchedule', {
      rotationLambda: new lambda.Function(stack, 'Own', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 1;') }),
    }),
    (stack) => new RotatingSecret(stack, 'Secret'),
  ],
  addRotationSingleUser: [
    (stack) => databaseOf(stack).addRotationSingleUser(),
    (stack) => {
      const { secret } = databaseOf(stack);
      new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres() }).rotate(secret!);
      return secret!;
    },
  ],
};

describe.each(Object.entries(MOVES))('from %s', (_, [before, after]) => {
  test('the schedule has another logical id, unless it keeps the old one, which CloudFormation then changes in place', () => {
    const [deployed, moved, kept] = [makeStack(), makeStack(), makeStack()];
    before(deployed);
    after(moved);
    const { id, properties } = onlyResource(deployed, SCHEDULE);
    expect(onlyResource(moved, SCHEDULE).id).not.toBe(id);
    keepId(after(kept), id);
    expect(onlyResource(kept, SCHEDULE)).toMatchObject({ id, properties: { SecretId: properties.SecretId } });
  });
});
