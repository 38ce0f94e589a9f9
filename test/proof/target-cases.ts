import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { citedIn, numbersOf } from '../docs/rotation-contract';

/** The cases of the rotation contract that a target with a login has a test of its own for, or a reason why not. */
export const TARGET_CASES: readonly number[] = [
  ...new Set([...numbersOf('databases'), ...numbersOf('two passwords'), 53, 54, 55, 56, 57, 58, 59]),
].sort((a, b) => a - b);

export interface TargetCases {
  /** The folder of the target, on both sides. */
  readonly path: string;
  /** Why the target has no test for a case. */
  readonly reasons: readonly (readonly [reason: string, ...cases: number[]])[];
}

const NO_ALTERNATING = 'users don\'t alternate: one user has two passwords, or one with refused logins';
const ONE_USER = 'users don\'t alternate: one user has one password';
const NO_PLAINTEXT = 'no option allows plaintext';
const NO_RDS = 'the server is not one of RDS. An authority other than those of Node.js is given as certificateAuthority';
const OF_DATABASES = 'it is about SQL of PostgreSQL, MySQL or MariaDB';

/** Targets whose tests `.ci/run` runs apart from those of databases. */
export const TARGETS_WITH_CASES: readonly TargetCases[] = [
  {
    path: 'rabbitmq',
    reasons: [
      ['a password policy of the server doesn\'t see a password that is sent as a hash', 30],
      ['AMQP doesn\'t say whose session it is. The name is a part of the login', 43],
      ['RabbitMQ doesn\'t lock users, and their passwords don\'t expire', 45],
      [NO_PLAINTEXT, 67],
      [NO_RDS, 68],
      [OF_DATABASES, 71, 72],
      ['every request to the management API names its user, so there is no session', 74],
      ['passwords are compared with the hash of the server. Only the right one is sent', 75],
      ['RabbitMQ accepts one password for a user', 87, 88, 89, 90, 91, 93],
    ],
  },
  {
    path: 'directory/ldap',
    reasons: [
      [NO_ALTERNATING, 34, 35, 36, 37, 41, 42, 57, 77, 99, 100],
      [NO_PLAINTEXT, 67],
      [NO_RDS, 68],
      [OF_DATABASES, 71, 72],
      ['with one password, the server hashes it as it hashes all. With two, the function sends {SSHA}, as the page of the target says', 76],
      ['a rotation has one host, that of the server that accepts writes', 91, 93],
    ],
  },
  {
    path: 'directory/active-directory',
    reasons: [
      [NO_ALTERNATING, 34, 35, 36, 37, 41, 42, 57, 77, 99, 100],
      ['a domain controller asks the others before it refuses a password. A second look would be one more wrong login', 47],
      [NO_RDS, 68],
      [OF_DATABASES, 71, 72],
      ['the domain controller gets the password, and stores it as it stores all', 76],
      ['a domain accepts one password, and the one before it for an hour. The page of the target says what that means', 88, 90],
      ['a rotation has one host, and the domain controllers replicate the change themselves', 91, 93],
    ],
  },
  {
    path: 'database/sql-server',
    reasons: [
      [ONE_USER, 34, 35, 37, 41, 42, 57, 77, 99, 100],
      [OF_DATABASES, 71, 72],
      ['the server hashes the password, and the function knows no hash', 76],
      ['SQL Server accepts one password for a user', 87, 88, 89, 90, 93],
      ['a rotation has one host. What an availability group copies is on the page of the target', 91],
      ['the stand-in keeps nothing after a restart', 92],
    ],
  },
  {
    path: 'cache-user',
    reasons: [
      ['the API shows no password, so each repetition sends both: case 88', 23],
      ['the API replaces both passwords without a login, so it doesn\'t matter which ones the user had', 25, 26, 28],
      ['AWSPREVIOUS isn\'t read', 27],
      [NO_ALTERNATING, 34, 35, 36, 37, 41, 42, 57, 77, 99, 100],
      ['there is no superuser', 39, 40],
      [NO_PLAINTEXT, 67],
      ['Node.js knows the authorities of the caches', 68],
      ['only the service gets the passwords, and its log can\'t be read', 70],
      [OF_DATABASES, 71, 72],
      ['no password is tried before the change', 75],
      ['the service stores the password in its own way', 76],
      ['the service applies a change to all nodes, and stores it: AWS\'s own part', 91, 92, 93],
    ],
  },
];

/** What is wrong with the list of a target, in sentences. */
export function problemsOfTarget({ path, reasons }: TargetCases, cases: readonly number[], cited: ReadonlySet<number>): string[] {
  const excused = reasons.flatMap(([, ...numbers]) => numbers);
  return [
    ...cases.filter((number) => !cited.has(number) && !excused.includes(number)).map((number) => `${path} has neither a test for case ${number} nor a reason why not`),
    ...excused.filter((number) => cited.has(number)).map((number) => `${path} has a test for case ${number}, and a reason why not`),
    ...excused.filter((number, i) => excused.indexOf(number) !== i).map((number) => `${path} has two reasons for case ${number}`),
    ...excused.filter((number) => !cases.includes(number)).map((number) => `${path} has a reason for case ${number}, which needs none`),
  ];
}

/** The cases in the titles of the tests with servers of a target. Skipped tests don't count. */
export function citedByTarget(path: string): ReadonlySet<number> {
  const folder = join(__dirname, '..', 'targets', path, 'servers');
  return new Set(readdirSync(folder).filter((file) => file.endsWith('.test.ts')).flatMap((file) => citedIn(readFileSync(join(folder, file), 'utf8'))));
}
