/* Keys of all algorithms, compared with a library that verifiers use. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { jose } from './jose';
import { makeKey, publicOf } from '../../../lambda-src/targets/signing-keys/keys';
import { readAllKeys, rotateKeys } from '../../../lambda-src/targets/signing-keys/value';
import { ALGORITHMS, MODULUS_LENGTHS, type Algorithm } from '../../../src/targets/signing-keys/contract';

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

describe.each(ALGORITHMS)('%s', (algorithm) => {
  test('the id of a key is its thumbprint, and the set in a value has no private members', async () => {
    const key = await makeKey(algorithm, 2048);
    expect(key).toMatchObject({ kid: await jose.calculateJwkThumbprint(key), alg: algorithm, use: 'sig' });
    const { jwks } = readAllKeys(await rotateKeys('{}', async () => makeKey(algorithm, 2048)));
    expect(jwks).toHaveLength(2);
    expect(jwks.flatMap((each) => Object.keys(each)).filter((member) => PRIVATE.includes(member))).toEqual([]);
  });

  test('signatures of the current and the next key are verified with the set', async () => {
    const { current, next, jwks } = readAllKeys(await rotateKeys('{}', async () => makeKey(algorithm, 2048)));
    const set = jose.createLocalJWKSet({ keys: [...jwks] });
    for (const key of [current, next]) {
      const token = await new jose.SignJWT({ sub: 'user' }).setProtectedHeader({ alg: key.alg, kid: key.kid }).setExpirationTime('1h').sign(await jose.importJWK(key));
      expect((await jose.jwtVerify(token, set, { algorithms: [algorithm] })).payload.sub).toBe('user');
    }
  });

  test('a JWK is a key in PEM as well', async () => {
    const key = await makeKey(algorithm, 2048);
    const pem = createPrivateKey({ key, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' });
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(createPublicKey(pem).export({ format: 'jwk' })).toEqual(createPublicKey({ key: publicOf(key), format: 'jwk' }).export({ format: 'jwk' }));
  });
});

test.each(MODULUS_LENGTHS.slice(0, 2))('an RSA key of %d bits has as many', async (length) => {
  const { n } = await makeKey('RS256' as Algorithm, length);
  expect(8 * Buffer.from(n, 'base64url').length).toBe(length);
});
