/* eslint-disable-next-line no-misleading-character-class, no-irregular-whitespace */
const MAPPED = /[\u00A0\u00AD\u034F\u1680\u1806\u180B-\u180D\u2000-\u200D\u202F\u205F\u2060\u3000\uFE00-\uFE0F\uFEFF]/;

/**
 * Whether SASLprep might change this password: https://www.rfc-editor.org/rfc/rfc4013#section-2. Drivers implement different parts of it, with
 * different versions of Unicode, so only some of them could log in with such a password.
 */
export function isChangedBySaslPrep(password: string): boolean {
  return MAPPED.test(password) || password.normalize('NFKC') !== password;
}
