import { fieldsOf, type TargetConfig } from '../../../contract';
import type { PasswordPolicyConfig } from '../../../value/contract';

export interface ModuleTargetConfig extends TargetConfig {
  readonly target: 'module';
  /** The key of the JSON secret to rotate. If absent, the whole string. Not used if the module makes the value. */
  readonly generateStringKey?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseModuleConfig(config: TargetConfig): ModuleTargetConfig {
  const { target, passwordPolicy, text } = fieldsOf(config, 'module');
  return { target, generateStringKey: text('generateStringKey'), passwordPolicy };
}

/** The functions that a module exports, each with the name of its step. */
export const REQUIRED_STEPS = ['setSecret', 'testSecret'] as const;
export const OPTIONAL_STEPS = ['createSecret', 'finishSecret'] as const;

const MAX_EDITS = 2;

/** Exported functions that no step calls, with a name like that of a missing step. Each has the name of that step. */
export function findMisspelledSteps(exported: readonly string[]): { readonly name: string; readonly step: string }[] {
  const steps: readonly string[] = [...REQUIRED_STEPS, ...OPTIONAL_STEPS];
  const missing = steps.filter((step) => !exported.includes(step));
  return exported.filter((name) => !steps.includes(name)).flatMap((name) => {
    const step = missing.find((each) => isLike(name, each));
    return step === undefined ? [] : [{ name, step }];
  });
}

/** The first letter and the case must match: `getSecret` and `recreateSecret` are other names, and capitals are for constants. */
function isLike(name: string, step: string): boolean {
  if (!/[a-z]/.test(name)) { return false; }
  const [given, meant] = [name, step].map((each) => each.replace(/_/g, '').toLowerCase());
  return given[0] === meant[0] && !isExtended(name, step) && editsBetween(given, meant) <= MAX_EDITS;
}

/** `createSecretV2` is another name. */
function isExtended(name: string, step: string): boolean {
  return name.startsWith(step) && /^[A-Z0-9]/.test(name.slice(step.length));
}

/** The number of letters to insert, delete or replace. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [column, wanted] of [...other].entries()) {
      next.push(Math.min(row[column] + (letter === wanted ? 0 : 1), row[column + 1] + 1, next[column] + 1));
    }
    row = next;
  }
  return row[other.length];
}
