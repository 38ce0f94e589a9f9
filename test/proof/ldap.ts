import { catchMistakes, directorySubject, mortal, SUPERUSER, type Caught, type Mistake } from './directory';
import type { HandlerDependencies, Subject } from './subjects';
import { makeHandler } from '../../lambda-src/handler';
import { connectLdap, type ConnectLdap } from '../../lambda-src/targets/directory/ldap/connection';
import { LdapTarget } from '../../lambda-src/targets/directory/ldap/target';
import { letsInLdap, makeLdapUser, SERVICES, startLdap, type LdapServer, type Reached } from '../../servers/ldap/ldap';
import { parseLdapConfig } from '../../src/targets/directory/ldap/contract';
import type { Login } from '../../tools/servers/server';

const USER = { username: `uid=app,${SERVICES}`, password: 'first-password-of-all' };
const PREVIOUS = 'password-before-the-first';

export type LdapKind = 'itself' | 'superuser' | 'dualPasswords';
const KINDS: readonly LdapKind[] = ['itself', 'superuser', 'dualPasswords'];

interface Naive extends Mistake {
  /** The values of userPassword instead of the right ones. Undefined to write nothing. */
  readonly values: (values: readonly string[]) => readonly string[] | undefined;
}

const NAIVE: readonly Naive[] = [
  { mistake: 'all values are replaced by that of the pending password', expected: 'accepted', values: (values) => values.slice(-1) },
  { mistake: 'the password of AWSPREVIOUS is removed, which readers may still have', expected: 'overlaps', values: (values) => values.slice(-2) },
];

/** Where a subject has its entry. */
export interface LdapPlace extends Reached {
  readonly host: string;
  readonly superuser: Login;
  /** The user of the first value. */
  readonly user: Login;
  readonly previousPassword: string;
  /** Makes the entry of the user anew. */
  remake(...passwords: string[]): Promise<void>;
}

export function ldapSubject(kind: LdapKind, place: LdapPlace, naive?: Naive): Subject {
  const { ca, superuser, user, previousPassword } = place;
  const isDual = kind === 'dualPasswords';
  return directorySubject({
    name: `LDAP, ${kind}`,
    config: {
      target: 'ldap',
      ...kind === 'itself' ? {} : { superuserSecretArn: SUPERUSER },
      ...isDual ? { dualPasswords: true } : {},
      certificateAuthority: ca,
      passwordPolicy: {},
    },
    makeHandler: (dependencies) => makeHandler((config) => new LdapTarget(parseLdapConfig(config), watch(dependencies, naive)), dependencies),
    server: {
      reset: () => place.remake(...isDual ? [previousPassword] : [], user.password),
      accepts: (value) => letsInLdap(place, JSON.parse(value) as Login),
      alwaysAcceptsCurrent: isDual,
      alwaysAcceptsPrevious: isDual ? true : undefined,
    },
    address: place,
    superuser,
    user,
    previousPassword,
    byHand: 'by-hand-password-',
  });
}

function watch(dependencies: HandlerDependencies, naive?: Naive): ConnectLdap {
  const { perform } = dependencies;
  return mortal(dependencies, connectLdap, (connection) => ({
    bind: (dn, password) => perform('bind', 'read', () => connection.bind(dn, password)),
    whoAmI: () => perform('whoAmI', 'read', () => connection.whoAmI()),
    modifyPassword: (request) => perform('modifyPassword', 'write', () => connection.modifyPassword(request)),
    modifyValues: (dn, operation, values) => perform(operation, 'write', async () => {
      const changed = naive && operation === 'replace' ? naive.values(values) : values;
      if (changed) { await connection.modifyValues(dn, operation, changed); }
    }),
    close: () => connection.close(),
  }));
}

const placeOf = (server: LdapServer): LdapPlace => ({
  ...server, user: USER, previousPassword: PREVIOUS, remake: (...passwords) => makeLdapUser(server, USER.username, ...passwords),
});

/** Each strategy, on a real server. */
export async function withLdapSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  const server = await startLdap();
  try {
    for (const kind of KINDS) { await use(ldapSubject(kind, placeOf(server))); }
  } finally {
    await server.stop();
  }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveLdap(): Promise<Caught[]> {
  const server = await startLdap();
  try {
    return await catchMistakes(NAIVE, (naive) => ldapSubject('dualPasswords', placeOf(server), naive));
  } finally {
    await server.stop();
  }
}
