import { createHash } from 'node:crypto';
import type { GuardedProperties } from '../../src/contract';
import type { Change, Decision } from '../custom-resource';

const HELP = 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/changing-a-secret.md';

/**
 * Refuses a change that would make CloudFormation generate a new value, unless the guard changes with it.
 *
 * The last allowed properties are in the physical id. The old properties would be wrong after a refusal: they are the refused ones, and a
 * rollback must be able to leave them. Reverting an allowed change also changes the guard, so it is allowed.
 */
export function decide({ id, properties, oldProperties }: Change<GuardedProperties>): Decision {
  const next = `${fingerprint(generatorOf(properties))}-${fingerprint(properties.RegenerationGuard)}`;
  if (id === undefined) { return { id: next }; }
  const [generator, guard] = id.split('-');
  const [nextGenerator, nextGuard] = next.split('-');
  return generator !== nextGenerator && guard === nextGuard ? { id, refusal: refusal(properties, oldProperties) } : { id: next };
}

/** The properties that make CloudFormation generate a new value if they change: the generator, and the name, which makes it another secret. */
function generatorOf({ Generator, SecretName }: GuardedProperties): Readonly<Record<string, unknown>> {
  return { ...Generator, ...SecretName === undefined ? {} : { secretName: SecretName } };
}

function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
}

/** CloudFormation makes a string of everything that isn't an object, and doesn't keep the order of keys. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) { return JSON.stringify(String(value)); }
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.sort().join()}}`;
}

/** Names the changed properties, without their values. */
function refusal(properties: GuardedProperties, oldProperties: GuardedProperties | undefined): string {
  const [before, after] = [oldProperties ?? properties, properties].map(generatorOf);
  const changed = Object.keys({ ...before, ...after }).filter((key) => canonical(before[key]) !== canonical(after[key])).sort();
  const names = changed.length > 0 ? ` (${changed.join(', ')})` : '';
  return `regenerationGuard: the deployment changes what generates the value of ${properties.Path}${names}, so CloudFormation would generate a new value, `
    + 'which the target doesn\'t know. The secret was not changed. Undo the change. For another password policy of later values, '
    + 'use firstPasswordPolicy. Change other keys in the secret itself. If you want a new value, change regenerationGuard too. '
    + `See ${HELP}`;
}
