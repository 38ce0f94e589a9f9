import { NEW_POLICY } from '../failures';

/** A login failed. The state that clients get doesn't tell why: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-18456-database-engine-error */
export const WRONG_PASSWORD = 18_456;

const UNAVAILABLE = 'The database of the key "dbname" can\'t be opened by the user, or does not exist. Correct the key, or let the user into the database; without the key, it is master';
const SECONDARY = 'The server is a secondary replica of an availability group, or the database is read only. Put the host of the primary server, or the listener of the group, into the key "host"';
const POLICY = 'The policy of Windows that CHECK_POLICY applies does not allow this password. ' + NEW_POLICY;

/**
 * What to do, by the number of the error.
 *
 * https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors
 */
export const REMEDIES: Readonly<Record<string, string>> = {
  102: 'The server does not know the statement. See that it is Microsoft SQL Server 2012 or later',
  916: UNAVAILABLE,
  976: SECONDARY,
  978: SECONDARY,
  979: SECONDARY,
  983: SECONDARY,
  1205: 'Another session changed the same user. Secrets Manager retries the rotation',
  1222: 'Another session holds a lock. Secrets Manager retries the rotation',
  3906: SECONDARY,
  4060: UNAVAILABLE,
  4064: 'The default database of the login can\'t be opened. Give the login another one, with ALTER LOGIN and DEFAULT_DATABASE',
  6005: 'The server is stopping. Secrets Manager retries the rotation',
  15113: 'The login is locked after too many wrong passwords. As an administrator, run ALTER LOGIN with the password of the version with AWSCURRENT and UNLOCK, and rotate again',
  15114: 'The password was changed a short time ago, and the minimum password age of Windows does not allow another change yet. Secrets Manager retries the rotation; rotate less often, lower that age, or let a '
    + 'superuser set the password, to whom it does not apply',
  15115: 'The password can not be used now, as one that the password history of Windows has. Remove AWSPENDING with UpdateSecretVersionStage, and rotate again',
  15116: POLICY,
  15117: POLICY,
  15118: POLICY,
  15119: 'A password filter of Windows does not allow this password. ' + NEW_POLICY,
  15151: 'The user does not exist, it has another password by now, or the user of the session may not change it. Secrets Manager retries the rotation. A superuser secret needs a login with ALTER ANY LOGIN, and with CONTROL SERVER '
    + 'to change a login that has that; in a contained database, it needs a user with ALTER ANY USER',
  15247: 'The user of the superuser secret may not change this user. It needs ALTER ANY LOGIN, or ALTER ANY USER in a contained database',
  17142: 'The server is paused. Continue it, and rotate again',
  17187: 'The server is starting. Secrets Manager retries the rotation',
  17809: 'The server has no connection left. Secrets Manager retries the rotation',
  17892: 'A logon trigger refuses the user. Let the trigger admit the user from the address of the function, with the program name cdk-rotating-secret',
  18451: 'The server is in single-user mode, so only an administrator may log in. Restart it without that mode, and rotate again',
  18452: 'The server takes the user for one of Windows. Put the name of a login of SQL Server into the key "username", not one of Windows or of Microsoft Entra',
  18461: 'The server is in single-user mode, so only an administrator may log in. Restart it without that mode, and rotate again',
  18470: 'The login is disabled. As an administrator, run ALTER LOGIN with ENABLE, and rotate again',
  18486: 'The login is locked after too many wrong passwords, so it is not known which one it has. As an administrator, run ALTER LOGIN with the password of the version with AWSCURRENT and UNLOCK, and rotate again',
  18487: 'The password of the login has expired, so the login can\'t be used to change it. As an administrator, run ALTER LOGIN with the password of the version with AWSCURRENT, and rotate again. Rotate '
    + 'before passwords expire, or turn CHECK_EXPIRATION off',
  18488: 'The password of the login has to be changed first (MUST_CHANGE). As an administrator, run ALTER LOGIN with the password of the version with AWSCURRENT, without MUST_CHANGE, and rotate again',
  33234: 'The user is not one of a contained database. Put the database of the user into the key "dbname", or master for a login',
};
