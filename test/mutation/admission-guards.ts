import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './variants';

export const ADMISSION = 'lambda-src/rotation/admit.ts';

export interface Guard {
  readonly name: string;
  /** The source of admission without the guard. */
  readonly takeOut: (source: string) => string;
}

/** The text in the source, and its replacement without the guard. */
type Removal = readonly [name: string, guarded: string, unguarded: string];

const REQUIRED = "for (const field of ['SecretId', 'ClientRequestToken', 'Step'] as const) {";
const CHECKED = "for (const field of ['SecretId', 'ClientRequestToken', 'Step', 'RotationToken'] as const) {";
const PATTERN = '/^[\\x20-\\x7e]{1,2048}$/';
const CONDITION = "if (value !== undefined && (typeof value !== 'string' || !PRINTABLE.test(value))) {";
const REMOVALS: readonly Removal[] = [
  ['the event is an object', "typeof event !== 'object' || event === null", 'event === null'],
  ['the event is not null', "typeof event !== 'object' || event === null", "typeof event !== 'object'"],
  ['no field is missing', 'if (fields[field] === undefined) {', 'if (false) {'],
  ['SecretId is there', REQUIRED, REQUIRED.replace("'SecretId', ", '')],
  ['ClientRequestToken is there', REQUIRED, REQUIRED.replace("'ClientRequestToken', ", '')],
  ['Step is there', REQUIRED, REQUIRED.replace(", 'Step'", '')],
  ['every field is printable', CONDITION, 'if (false) {'],
  ['SecretId is printable', CHECKED, CHECKED.replace("'SecretId', ", '')],
  ['ClientRequestToken is printable', CHECKED, CHECKED.replace("'ClientRequestToken', ", '')],
  ['Step is printable', CHECKED, CHECKED.replace("'Step', ", '')],
  ['RotationToken is printable', CHECKED, CHECKED.replace(", 'RotationToken'", '')],
  ['a field is a string', "(typeof value !== 'string' || !PRINTABLE.test(value))", '(!PRINTABLE.test(value))'],
  ['a field is printable from its start', PATTERN, PATTERN.replace('^', '')],
  ['a field is printable to its end', PATTERN, PATTERN.replace('$', '')],
  ['a field has no control characters', PATTERN, PATTERN.replace('\\x20', '\\x00')],
  ['a field is ASCII', PATTERN, PATTERN.replace('\\x7e', '\\uffff')],
  ['a field is not empty', PATTERN, PATTERN.replace('1,', '0,')],
  ['a field is not too long', PATTERN, PATTERN.replace(',2048', ',')],
  ['the step is a known one', 'if (!(STEPS as readonly unknown[]).includes(fields.Step)) {', 'if (false) {'],
  ['the secret is not deleted', 'if (description.deleted) {', 'if (false) {'],
  ['rotation is enabled', 'if (description.rotationEnabled === false) {', 'if (false) {'],
  ['the version is not current already', "if (stages?.includes('AWSCURRENT')) {", 'if (false) {'],
  ['the version is pending', "if (!stages?.includes('AWSPENDING')) {", 'if (false) {'],
  ['the current version is the one labelled so', '.find(([, labels]) => labels.includes(label))', '.find(() => true)'],
  ['some version is current', 'if (currentVersionId !== undefined) {', 'if (true) {'],
];

/**
 * Every guard of admission.
 *
 * @throws Error where the list and the source have come apart.
 */
export function guards(source = readFileSync(join(ROOT, ADMISSION), 'utf8')): Guard[] {
  for (const [name, guarded, unguarded] of REMOVALS) {
    const times = source.split(guarded).length - 1;
    if (times !== 1) { throw new Error(`${ADMISSION} has the guard that ${name} ${times} times, not once. It is looked for as: ${guarded}`); }
    if (guarded === unguarded) { throw new Error(`Nothing is taken out for the guard that ${name}`); }
  }
  const unlisted = source.split('\n').find((line) => line.includes('if (') && !REMOVALS.some(([, guarded]) => line.includes(guarded)));
  if (unlisted !== undefined) { throw new Error(`${ADMISSION} has a guard that is not listed: ${unlisted.trim()}`); }
  return REMOVALS.map(([name, guarded, unguarded]) => ({ name, takeOut: (text) => text.replace(guarded, () => unguarded) }));
}
