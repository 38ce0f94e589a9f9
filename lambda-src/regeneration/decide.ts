import { createHash } from 'node:crypto';
import type { GuardedProperties } from '../../src/contract';
import type { Change, Decision } from '../custom-resource';

const HELP = 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/changing-a-secret.md';

/**
 * Refuses what would make CloudFormation generate the value of a secret anew, unless the guard changes with it.
 *
 * What was allowed last is in the physical id, and not in the old properties: after a refusal those are the refused ones, and going
 * back from them must be allowed, or the stack couldn't roll back. Going back from what was allowed changes the guard too, and is allowed.
 */
export function decide({ id, properties, oldProperties }: Change<GuardedProperties>): Decision {
  const next = `${fingerprint(generatorOf(properties))}-${fingerprint(properties.RegenerationGuard)}`;
  if (id === undefined) { return { id: next }; }
  const [generator, guard] = id.split('-');
  const [nextGenerator, nextGuard] = next.split('-');
  return generator !== nextGenerator && guard === nextGuard ? { id, refusal: refusal(properties, oldProperties) } : { id: next };
}

/** All that CloudFormation generates a new value for where it changes: the generator, and the name, which makes it another secret. */
function generatorOf({ Generator, SecretName }: GuardedProperties): Readonly<Record<string, unknown>> {
  return { ...Generator, ...SecretName === undefined ? {} : { secretName: SecretName } };
}

function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
}

/** CloudFormation makes strings of all that isn't an object, and keeps no order. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) { return JSON.stringify(String(value)); }
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.sort().join()}}`;
}

/** Names what changes, and no value of it. */
function refusal(properties: GuardedProperties, oldProperties: GuardedProperties | undefined): string {
  const [before, after] = [oldProperties ?? properties, properties].map(generatorOf);
  const changed = Object.keys({ ...before, ...after }).filter((key) => canonical(before[key]) !== canonical(after[key])).sort();
  const names = changed.length > 0 ? ` (${changed.join(', ')})` : '';
  return `regenerationGuard: the deployment changes what generates the value of ${properties.Path}${names}, so CloudFormation would generate a new one, `
    + 'which whatever takes the present one doesn\'t know. The secret was not touched. Put it back as it was: later values get another password policy '
    + 'with firstPasswordPolicy, and other keys are changed in the secret itself. If you do want a new value, change regenerationGuard too. '
    + `See ${HELP}`;
}
