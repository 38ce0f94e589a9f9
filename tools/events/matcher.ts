/**
 * Whether EventBridge would match an event: as much of its patterns as ours use, and an error for all else. `scripts/check/events.ts` holds it
 * against the matcher that EventBridge itself uses.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) {
    const values = Array.isArray(event) ? event : [event];
    return values.some((value) => pattern.some((condition) => meets(value, condition)));
  }
  if (!isObject(pattern) || Object.keys(pattern).length === 0) { throw new Error(`Not a pattern of EventBridge: ${JSON.stringify(pattern)}`); }
  return Object.entries(pattern).every(([field, expected]) => {
    if (field.startsWith('$')) { throw new Error(`${field} is not known here`); }
    return matches(expected, isObject(event) ? event[field] : undefined);
  });
}

function meets(value: unknown, condition: unknown): boolean {
  if (typeof condition === 'string') { return value === condition; }
  if (isObject(condition) && Object.keys(condition).join() === 'prefix' && typeof condition.prefix === 'string') {
    return typeof value === 'string' && value.startsWith(condition.prefix);
  }
  throw new Error(`Not known here: ${JSON.stringify(condition)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
