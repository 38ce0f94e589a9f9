/** Stands for the user in a statement of `creationStatements`. */
export const USER_PLACEHOLDER = '{user}';

const QUOTED = /'(?:[^'\\]|'')*'|"(?:[^"\\]|"")*"|`(?:[^`\\]|``)*`/g;

/** Statements that take the login from the user, or its name, or that hide another statement. */
const REFUSED = /\bnologin\b|\baccount lock\b|\brename to\b|\bset_config ?\(|^(?:alter system|execute|call|do)\b|\bsubscription\b/i;

/** Statements that would end the transaction, or change what later statements of the session do. */
const OF_THE_SESSION = /^(?:abort|begin|commit|discard|end|lock|prepare|release|reset|rollback|savepoint|set(?! default role )|start|unlock|use)\b/i;

const OF_THE_ROTATION = /^(?:create|drop|rename) (?:user|role) (?:if (?:not )?exists )?\{user\}/i;

const WITH_PASSWORD = /\b(?:identified\b|password ?=? ?(?:e|u&)?'')/i;

/**
 * Why a statement can't be one of `creationStatements`. Undefined if it can.
 *
 * It looks at quoted text in the same way as both engines, because there is no backslash, comment or dollar quote to see differently.
 */
export function findStatementProblem(statement: string): string | undefined {
  const plain = statement.replaceAll(QUOTED, (text) => text[0] + text[0]).replaceAll(/\s+/g, ' ').trim();
  const quoted = (statement.match(QUOTED) ?? []).join('');
  if (plain === '') { return 'is empty'; }
  if (quoted.includes(USER_PLACEHOLDER)) { return `has ${USER_PLACEHOLDER} within quotes, and the rotation puts quotes around the name itself. Leave out the quotes`; }
  if (/['"`]/.test(plain.replaceAll(/''|""|``/g, ''))) { return 'has a quote that does not end, or a backslash within quotes'; }
  if (plain.includes(';')) { return 'has a semicolon. Give each statement as an element of its own, without a semicolon'; }
  if (/[\\#$\0]|--|\/\*/.test(plain)) { return 'has a comment, a dollar sign, a backslash or a zero byte outside quotes. Leave it out'; }
  if (/[{}]/.test(plain.replaceAll(USER_PLACEHOLDER, ''))) { return `has a brace that is not a part of ${USER_PLACEHOLDER}. Leave it out`; }
  if (/[\w'"`@.]\{user\}|\{user\}[\w'"`@.]/.test(plain)) { return `has ${USER_PLACEHOLDER} next to another character of a name. It stands for the whole account, with its host, so leave that out`; }
  if (OF_THE_SESSION.test(plain)) { return 'belongs to the session or its transaction, which the rotation has. Leave it out'; }
  if (OF_THE_ROTATION.test(plain)) { return 'creates, drops or renames the user. The rotation creates it, so give only the statements that follow'; }
  if (REFUSED.test(plain)) { return 'takes the login or the name from the user, or changes settings. Leave it out'; }
  if (WITH_PASSWORD.test(plain)) { return 'sets a password, which would be in the template. The rotation sets the password. Leave it out'; }
  return undefined;
}

/** @param user the name of the user, with the quotes of the engine */
export function completeStatement(statement: string, user: string): string {
  return statement.replaceAll(USER_PLACEHOLDER, () => user);
}
