import { Token } from 'aws-cdk-lib';
import { CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { invalid } from './invalid';

const claimed = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Notes that a secret gets its schedule, of which Secrets Manager allows one.
 *
 * @throws where it has one, from any of our functions or from `addRotationSchedule`
 */
export function claimSchedule(secret: ISecret): void {
  const root = secret.node.root;
  const schedules = claimed.get(root) ?? new Map<string, string>();
  claimed.set(root, schedules);
  // An imported secret may be imported twice.
  const key = Token.isUnresolved(secret.secretArn) ? secret.node.addr : secret.secretArn;
  const first = schedules.get(key) ?? existing(secret)[0]?.node.path;
  if (first !== undefined) { throw twice(secret, first); }
  schedules.set(key, secret.node.path);
  secret.node.addValidation({
    validate: () => existing(secret).slice(1).map((schedule) => twice(secret, schedule.node.path).message),
  });
}

function existing(secret: ISecret): CfnRotationSchedule[] {
  return secret.node.findAll().filter((construct): construct is CfnRotationSchedule => construct instanceof CfnRotationSchedule);
}

function twice(secret: ISecret, first: string): Error {
  return invalid('secret', `${secret.node.path} has a rotation schedule already (${first}), and a secret can have only one. Rotate it in one place`);
}
