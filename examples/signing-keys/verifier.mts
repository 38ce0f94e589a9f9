import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { ISSUER } from './issuer.mjs';

/**
 * The service that verifies. It needs no permission on the secret.
 *
 * @param cacheMaxAge no more than the cacheTime of the app
 */
export function makeVerifier(jwksUri: string, cacheMaxAge = 600_000): (token: string) => Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(jwksUri), { cacheMaxAge });
  return async (token) => (await jwtVerify(token, keys, { issuer: ISSUER, algorithms: ['ES256'] })).payload;
}
