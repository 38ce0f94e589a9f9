import { createHash, createHmac } from 'node:crypto';
import { scramVerifier } from '../../../../lambda-src/targets/database/postgres/scram';
import { md5Verifier } from '../../../../lambda-src/targets/database/postgres-protocol';
import { isChangedBySaslPrep } from '../../../../lambda-src/targets/database/saslprep';

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

// https://www.rfc-editor.org/rfc/rfc7677#section-3
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const NONCE = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const AUTH_MESSAGE = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${NONCE},s=${SALT},i=4096,c=biws,r=${NONCE}`;
const CLIENT_PROOF = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const SERVER_SIGNATURE = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

test('case 70: a verifier accepts the login of the example in RFC 7677, with the same server signature', async () => {
  const verifier = await scramVerifier('pencil', 4096, Buffer.from(SALT, 'base64'));
  const [, iterations, salt, storedKey, serverKey] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier)!;
  expect([iterations, salt]).toEqual(['4096', SALT]);
  expect(hmac(Buffer.from(serverKey, 'base64'), AUTH_MESSAGE).toString('base64')).toBe(SERVER_SIGNATURE);
  const signature = hmac(Buffer.from(storedKey, 'base64'), AUTH_MESSAGE);
  // eslint-disable-next-line no-bitwise
  const clientKey = Buffer.from(CLIENT_PROOF, 'base64').map((byte, index) => byte ^ signature[index]);
  expect(createHash('sha256').update(clientKey).digest('base64')).toBe(storedKey);
});

test('every verifier has its own salt, and none has the password', async () => {
  const verifiers = await Promise.all(Array.from({ length: 3 }, () => scramVerifier('a-password-to-find', 2)));
  expect(new Set(verifiers).size).toBe(3);
  expect(verifiers.filter((verifier) => verifier.includes('a-password-to-find'))).toEqual([]);
});

test('the verifier for md5 is that of the password and the user', () => {
  expect(md5Verifier('secret', 'joe')).toBe(`md5${createHash('md5').update('secretjoe').digest('hex')}`);
});

test.each([
  ['every printable ASCII character', Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join(''), false],
  ['letters of other alphabets', 'pässwörd Ж 密 🔑', false],
  ['a space that is not ASCII', 'a\u00a0b', true],
  ['a soft hyphen', 'a\u00adb', true],
  ['a ligature', 'ﬁ', true],
  ['a letter and its accent apart', 'e\u0301', true],
])('case 32: %s, and whether SASLprep changes it', (_, password, changed) => {
  expect(isChangedBySaslPrep(password)).toBe(changed);
});
