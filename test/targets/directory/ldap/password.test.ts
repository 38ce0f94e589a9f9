import { passwordHash } from '../../../../lambda-src/targets/directory/ldap/password-hash';
import { encodePasswordModify } from '../../../../lambda-src/targets/directory/ldap/password-modify';

test('a hash has a salt of its own, and is that of RFC 2307 with a salt', () => {
  expect(passwordHash('a')).not.toBe(passwordHash('a'));
  // base64(sha1('a' + 'salt') + 'salt'), made with Python's hashlib
  expect(passwordHash('a', Buffer.from('salt'))).toBe('{SSHA}e72qgUSDYWCCWRQtZLMaFLJU38hzYWx0');
});

test('a password modify request has only the fields that are given, and lengths of one, two and three bytes', () => {
  expect(encodePasswordModify({ newPassword: 'ü' }).toString('hex')).toBe('30048202c3bc');
  expect(encodePasswordModify({ userIdentity: 'a', oldPassword: 'b', newPassword: 'c' }).toString('hex')).toBe('3009800161810162820163');
  expect(encodePasswordModify({ newPassword: 'x'.repeat(200) }).subarray(0, 6).toString('hex')).toBe('3081cb8281c8');
  expect(encodePasswordModify({ newPassword: 'x'.repeat(1000) }).subarray(0, 8).toString('hex')).toBe('308203ec828203e8');
});
