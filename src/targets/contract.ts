/** The highest port of TCP. */
export const MAX_PORT = 65_535;

/** The port in the value of a secret, as a number or as its digits: RDS writes a number, and people write both. Undefined if it is no port. */
export function portOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= MAX_PORT ? number : undefined;
}

const NODE = /^([^\s/\\,:@]+)(?::([1-9]\d{0,4}))?$/;

/** A host, or a host and a port as in `example.com:5432`. Undefined if it is neither. */
export function parseNode(node: string): { readonly host: string; readonly port?: number } | undefined {
  const [, host, port] = NODE.exec(node) ?? [];
  if (host === undefined || port === undefined) { return host === undefined ? undefined : { host }; }
  const number = portOf(port);
  return number === undefined ? undefined : { host, port: number };
}
