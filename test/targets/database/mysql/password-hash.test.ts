import { pbkdf2Sync } from 'node:crypto';
import { isHashOf, nativeHash, roundsOf, sha256Crypt } from '../../../../lambda-src/targets/database/mysql/password-hash';

// Of crypt(3), an implementation that is not ours; the first two are in https://www.akkadia.org/drepper/SHA-crypt.txt too.
test.each([
  ['Hello world!', 'saltstring', 5_000, '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['Hello world!', 'saltstringsaltst', 10_000, '3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
  ['x'.repeat(70), 'roundstoolow', 1_400, '5D2sQp/0.wo0usSnz4VhUGLHzcfqGoWSu9j.tcbmSE9'],
  ['Pässw😀rd', 'abcdefgh', 5_000, 'vlgt0ZNAGtCM//wG3PKU/RIN.DEhjzpK6axtHe.Y3MA'],
])('the digest of %j with the salt %j and %d rounds is that of crypt', (password, salt, rounds, digest) => {
  expect(sha256Crypt(password, salt, rounds)).toBe(digest);
});

test.each([
  ['mysql_native_password', nativeHash('right-password')],
  ['caching_sha2_password', `$A$005$${'s'.repeat(20)}${sha256Crypt('right-password', 's'.repeat(20), 5_000)}`],
  ['caching_sha2_password with PBKDF2', `$B$00A$${'s'.repeat(20)}${pbkdf2Sync('right-password', 's'.repeat(20), 10_000, 64, 'sha512').toString('base64')}`],
  ['sha256_password', `$5$${'s'.repeat(20)}$${sha256Crypt('right-password', 's'.repeat(20), 5_000)}`],
])('a hash of %s is that of its password and of no other', (_, hash) => {
  expect(isHashOf(hash, 'right-password')).toBe(true);
  expect(isHashOf(hash, 'wrong-password')).toBe(false);
  expect(isHashOf(hash, '')).toBe(false);
});

test.each(['', 'invalid', '$A$005$short', '$7$something-else', '*'])('a hash in an unknown form, %j, is that of no password', (hash) => {
  expect(isHashOf(hash, '')).toBe(false);
  expect(isHashOf(hash, 'right-password')).toBe(false);
});

test('a hash of MySQL 9.7 with PBKDF2 is that of its password', () => {
  const salt = '4A0A0C3B306C5607765A4F39381B4358256A5E41';
  const hash = `$B$00A$${Buffer.from(salt, 'hex').toString()}0gLvmmBXTrDvjgfB5eMSwUdD/UDsdYscT3zJ3JAJnXXUdaavnCkSqlcGpWIQFBPpD+Yb0DA08C5wa2ZRuv5J7Q==`;
  expect([isHashOf(hash, 'C-one'), isHashOf(hash, 'C-two'), roundsOf(hash)]).toEqual([true, false, 10_000]);
});
