import type { TargetConfig } from '../../../contract';
import { looksLikeDn, parseDirectoryConfig, type DirectoryTargetConfig } from '../contract';

export type ActiveDirectoryTargetConfig = DirectoryTargetConfig<'active-directory'>;

/**
 * The characters that need quotes in a shell, a URI or a configuration, and vowels: Active Directory refuses a password with a part of the name
 * of its user, and nearly every part of a name has a vowel.
 * https://learn.microsoft.com/en-us/windows/security/threat-protection/security-policy-settings/password-must-meet-complexity-requirements
 */
export const AD_EXCLUDE_CHARACTERS = '"\'`\\/@{} aeiouyAEIOUY';

/**
 * The default minimum of a domain, and the most characters that Windows takes in a dialog.
 * https://learn.microsoft.com/en-us/windows/security/threat-protection/security-policy-settings/minimum-password-length
 */
export const AD_PASSWORD_LENGTH = { least: 7, most: 127 } as const;

/** Of lowercase and uppercase letters, digits and punctuation, the ones that a password needs. */
export const AD_CHARACTER_TYPES = 3;

/** Shorter parts of names don't count. */
const SHORTEST_PART = 3;

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseActiveDirectoryConfig(config: TargetConfig): ActiveDirectoryTargetConfig {
  return parseDirectoryConfig(config, 'active-directory');
}

/** A name of an account, as far as it is in the text that the user logs in with. */
export type AdUserName =
  | { readonly kind: 'dn'; readonly dn: string }
  | { readonly kind: 'upn'; readonly name: string; readonly suffix: string }
  | { readonly kind: 'account'; readonly name: string };

/**
 * What the user logs in with: a distinguished name, a user principal name as in `app@ad.example.com`, or a domain and a name as in `AD\app`.
 * Undefined if it is none of them. A name without a domain is none: a simple bind doesn't accept it.
 */
export function parseAdUser(username: string): AdUserName | undefined {
  if (looksLikeDn(username)) { return { kind: 'dn', dn: username }; }
  const [, upn, suffix] = /^([^@\\\0\r\n]+)@([^@\\\s\0]+)$/.exec(username) ?? [];
  if (upn !== undefined) { return { kind: 'upn', name: upn, suffix }; }
  const [, name] = /^[^@\\\s\0]+\\([^@\\\0\r\n]+)$/.exec(username) ?? [];
  return name === undefined ? undefined : { kind: 'account', name };
}

/**
 * The parts of the user's name that a password may not have, in lowercase, as far as the secret shows them. The name of an account counts as a
 * whole, and a display name in parts: nearly all display names have the parts of one of the other names.
 */
export function partsOfName(user: AdUserName): string[] {
  const [, first] = user.kind === 'dn' ? /^[^=]*=((?:\\.|[^,+\\])*)/.exec(user.dn)! : [undefined, user.name];
  const name = first.replace(/\\(.)/g, '$1').trim();
  return [name, ...name.split(/[,.\-_ #\t]/)].filter(({ length }) => length >= SHORTEST_PART).map((part) => part.toLowerCase());
}

/** Whether a password has none of the parts. */
export function hasNoneOf(parts: readonly string[], password: string): boolean {
  const text = password.toLowerCase();
  return parts.every((part) => !text.includes(part));
}
