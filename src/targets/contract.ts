/** The highest port of TCP. */
export const MAX_PORT = 65_535;

/** The port in the value of a secret, as a number or as its digits: RDS writes a number, and people write both. Undefined if it is no port. */
export function portOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= MAX_PORT ? number : undefined;
}
