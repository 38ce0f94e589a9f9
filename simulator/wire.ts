import { MODELED_ERRORS, ServiceError, serialization } from './errors';

/* AWS JSON 1.1: the encoding of types that JSON lacks, and of errors. */

/** The request in a body; its blobs are base64. */
export function parseRequest(body: string): Record<string, unknown> {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch {
    throw serialization('The request is not JSON');
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) { throw serialization('The request must be a structure'); }
  const parsed = { ...request } as Record<string, unknown>;
  if (typeof parsed.SecretBinary === 'string') { parsed.SecretBinary = Uint8Array.from(Buffer.from(parsed.SecretBinary, 'base64')); }
  return parsed;
}

/** The body of an answer: dates as seconds since 1970, with fractions; blobs as base64. */
export function formatAnswer(output: object): string {
  return JSON.stringify(wireValue(output));
}

function wireValue(value: unknown): unknown {
  if (value instanceof Date) { return value.getTime() / 1000; }
  if (value instanceof Uint8Array) { return Buffer.from(value).toString('base64'); }
  if (Array.isArray(value)) { return value.map(wireValue); }
  if (typeof value !== 'object' || value === null) { return value; }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, wireValue(member)]));
}

/** The body of an error. Errors outside the service model have a `message` in lower case. */
export function formatError(error: ServiceError): string {
  return JSON.stringify({ __type: error.code, [MODELED_ERRORS.has(error.code) ? 'Message' : 'message']: error.message });
}
