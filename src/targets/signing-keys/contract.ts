import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';

/** The values of `alg` in JOSE: https://www.iana.org/assignments/jose/jose.xhtml */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;

export type Algorithm = typeof ALGORITHMS[number];

/** RFC 7518, section 3.3, requires 2048 bits or more. Making a key of 4096 bits takes seconds, and a longer one minutes. */
export const MODULUS_LENGTHS = [2048, 3072, 4096] as const;

/** The object with the public keys. */
export interface PublicationConfig {
  readonly bucketName: string;
  /** If absent, the region of the function. */
  readonly bucketRegion?: string;
  readonly objectKey: string;
  readonly cacheSeconds: number;
}

export interface SigningKeysConfig extends TargetConfig {
  readonly target: 'signing-keys';
  readonly algorithm: Algorithm;
  /** The length of an RSA key, in bits. */
  readonly rsaModulusLength: number;
  readonly publication?: PublicationConfig;
  readonly passwordPolicy: PasswordPolicyConfig;
}

export function isAlgorithm(value: unknown): value is Algorithm {
  return (ALGORITHMS as readonly unknown[]).includes(value);
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseSigningKeysConfig(config: TargetConfig): SigningKeysConfig {
  const { target, passwordPolicy } = fieldsOf(config, 'signing-keys');
  const { algorithm, rsaModulusLength, publication } = config;
  if (!isAlgorithm(algorithm)) { return refuse(`algorithm is none of ${ALGORITHMS.join(', ')}`); }
  if (!(MODULUS_LENGTHS as readonly unknown[]).includes(rsaModulusLength)) { return refuse(`rsaModulusLength is none of ${MODULUS_LENGTHS.join(', ')}`); }
  return { target, passwordPolicy, algorithm, rsaModulusLength: rsaModulusLength as number, publication: parsePublication(publication) };
}

function parsePublication(given: unknown): PublicationConfig | undefined {
  if (given === undefined) { return undefined; }
  const { bucketName, bucketRegion, objectKey, cacheSeconds } = (given ?? {}) as Record<string, unknown>;
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  if (!isText(bucketName) || !isText(objectKey) || (bucketRegion !== undefined && !isText(bucketRegion)) || typeof cacheSeconds !== 'number' || !(cacheSeconds >= 0)) {
    return refuse('publication needs bucketName, objectKey and cacheSeconds');
  }
  return { bucketName, bucketRegion, objectKey, cacheSeconds };
}

function refuse(problem: string): never {
  throw new Error(`The configuration of the signing keys is wrong: ${problem}. RotationFunction sets it; deploy the function with it, unchanged`);
}
