/** The usual port for TLS: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.Oracle.Options.SSL.html */
export const ORACLE_TLS_PORT = 2484;

/** A connect descriptor has parentheses around its parts, and equals signs in them. */
const HOST = /^[\w.:-]+$/;
const SERVICE = /^[\w.$#-]+$/;

/** What is wrong with a host. Undefined if nothing is. */
export function findHostProblem(host: string): string | undefined {
  return HOST.test(host) ? undefined : 'is not the name or the address of a server. Correct it';
}

/** What is wrong with the name of a service. Undefined if nothing is. */
export function findServiceProblem(dbname: string): string | undefined {
  return SERVICE.test(dbname) ? undefined : 'is not the name of a service: it may have letters, digits and . _ $ # -. Correct it';
}

/**
 * What is wrong with a user name. Undefined if nothing is. A name with brackets is that of a proxy user, and one without a name before a slash is
 * that of the operating system.
 */
export function findUserNameProblem(username: string): string | undefined {
  const inQuotes = /^"([^"]*)"$/.exec(username)?.[1];
  const name = inQuotes ?? username;
  if (name === '') { return 'is empty between its quotation marks. Put the name that the server has there'; }
  if (inQuotes === undefined && /\P{ASCII}/u.test(name)) {
    return 'has a character outside ASCII, and without quotation marks the server may make another name of it than this package. Put the name as the server has it there, in quotation marks';
  }
  if (/["[\]/@]/.test(name)) {
    return 'has one of the characters " [ ] / @, as the names of proxy users do. Put the user whose password the secret holds there. A name may be in quotation marks';
  }
  return storedName(username) === 'SYS' ? 'is SYS, an administrator, which a rotation can not log in as. Put another user there' : undefined;
}

/**
 * The name that the server has. Without quotation marks, it has uppercase letters only.
 *
 * https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Database-Object-Names-and-Qualifiers.html
 */
export function storedName(username: string): string {
  return /^"([^"]*)"$/.exec(username)?.[1] ?? username.toUpperCase();
}
