import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { User } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotationStrategy, RotationTarget, SigningAlgorithm } from '../../src';
import { hasOnlyStandIns, type TargetDefinition } from '../../src/targets/definition';

export const SUPPORT_FILE = join(__dirname, '..', '..', 'docs', 'support.md');
export const UPDATE_COMMAND = 'UPDATE_DOCS=1 npx jest --coverage=false test/docs/support.test.ts';

/** Every factory of RotationTarget with every strategy, in the order of the table. */
export function allDefinitions(): TargetDefinition[] {
  const stack = new Stack();
  const superuserSecret = Secret.fromSecretNameV2(stack, 'Superuser', 'superuser');
  const single = RotationStrategy.singleUser(superuserSecret);
  const alternating = RotationStrategy.alternatingUsers(superuserSecret);
  const dual = RotationStrategy.dualPasswords(superuserSecret);
  const user = User.fromUserName(stack, 'User', 'user');
  const entry = join(__dirname, '..', 'consumers', 'npm', 'target.ts');
  const userArn = (service: string) => `arn:aws:${service}:eu-west-1:111122223333:user${service === 'memorydb' ? '/' : ':'}app`;
  const algorithm = SigningAlgorithm.ES256;
  return [
    RotationTarget.generated(),
    ...[single, alternating].map((strategy) => RotationTarget.postgres({ strategy })),
    ...[single, alternating, dual].map((strategy) => RotationTarget.mysql({ strategy })),
    ...[single, alternating, dual].map((strategy) => RotationTarget.mariadb({ strategy })),
    ...[single, alternating].map((strategy) => RotationTarget.redshift({ strategy })),
    ...[single, alternating].map((strategy) => RotationTarget.mongoDb({ strategy })),
    ...[single, alternating].map((strategy) => RotationTarget.documentDb({ strategy })),
    ...[RotationStrategy.singleUser(), RotationStrategy.dualPasswords()].map((strategy) => RotationTarget.oracle({ strategy })),
    RotationTarget.sqlServer({ strategy: single }),
    RotationTarget.redis({ superuserSecret }),
    RotationTarget.elastiCacheUser({ userArn: userArn('elasticache') }),
    RotationTarget.memoryDbUser({ userArn: userArn('memorydb') }),
    ...[single, alternating].map((strategy) => RotationTarget.rabbitMq({ strategy })),
    ...[single, dual].map((strategy) => RotationTarget.ldap({ strategy })),
    RotationTarget.activeDirectory({ strategy: single }),
    RotationTarget.iamAccessKey({ user }),
    RotationTarget.sesSmtp({ user }),
    RotationTarget.signingKeys({ algorithm }),
    RotationTarget.signingKeys({ algorithm, publishTo: { bucket: Bucket.fromBucketName(stack, 'Bucket', 'bucket') } }),
    RotationTarget.module(entry),
    RotationTarget.invoke(LambdaFunction.fromFunctionName(stack, 'Function', 'function')),
  ].map(({ _definition }) => _definition);
}

/** The table of docs/support.md. */
export function supportTable(definitions: readonly TargetDefinition[]): string {
  return [
    '| `RotationTarget` | strategy | real servers | stand-ins | never run on |',
    '| --- | --- | --- | --- | --- |',
    ...definitions.map(({ factory, support }) => {
      const { strategy, servers = [], standIns = [], neverOn = [], noServer } = support;
      const cells = [servers.join(', ') || (hasOnlyStandIns(support) ? '**none**' : `– (${noServer!.toLowerCase()})`), standIns.join(', '), neverOn.join(', ')];
      return `| ${['`' + factory.replace('RotationTarget.', '') + '`', strategy, ...cells].join(' | ')} |`;
    }),
  ].join('\n');
}

const TABLE = /^\| `RotationTarget` \|[^]*?(?=\n\n)/m;

/** The table in the text of the page. */
export const tableIn = (text: string) => TABLE.exec(text)?.[0];

export const withTable = (text: string, table: string) => text.replace(TABLE, () => table);
