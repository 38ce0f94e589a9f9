import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { connectLdap, type ConnectLdap } from '../../lambda-src/targets/directory/ldap/connection';
import { LdapTarget } from '../../lambda-src/targets/directory/ldap/target';
import { letsInLdap, makeLdapUser, SERVICES, startLdap, type LdapServer, type Reached } from '../../servers/ldap/ldap';
import { parseLdapConfig } from '../../src/targets/directory/ldap/contract';
import type { Login } from '../../tools/servers/server';

const USER = { username: `uid=app,${SERVICES}`, password: 'first-password-of-all' };
const PREVIOUS = 'password-before-the-first';
const SUPERUSER = 'superuser';

export type LdapKind = 'itself' | 'superuser' | 'dualPasswords';
const KINDS: readonly LdapKind[] = ['itself', 'superuser', 'dualPasswords'];

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
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
  const { host, port, ca, superuser, user, previousPassword } = place;
  const isDual = kind === 'dualPasswords';
  const json = (login: object) => JSON.stringify({ host, port, ...login });
  return {
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
    otherSecrets: { [SUPERUSER]: json(superuser) },
    value: json(user),
    previousValue: json({ ...user, password: previousPassword }),
    secretOf: (value) => {
      try {
        return (JSON.parse(value) as Login).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '' }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

/** The connections of a copy of the function: every operation ends as the proof decides, and they die with it. */
function watch({ perform, dial, life }: HandlerDependencies, naive?: Naive): ConnectLdap {
  return async (server, certificateAuthority, deadline) => {
    dial(server.host);
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform('connect', 'read', () => connectLdap(server, certificateAuthority, mortal));
    return {
      bind: (dn, password) => perform('bind', 'read', () => connection.bind(dn, password)),
      whoAmI: () => perform('whoAmI', 'read', () => connection.whoAmI()),
      modifyPassword: (request) => perform('modifyPassword', 'write', () => connection.modifyPassword(request)),
      modifyValues: (dn, operation, values) => perform(operation, 'write', async () => {
        const changed = naive && operation === 'replace' ? naive.values(values) : values;
        if (changed) { await connection.modifyValues(dn, operation, changed); }
      }),
      close: () => connection.close(),
    };
  };
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
export async function catchNaiveLdap(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  const server = await startLdap();
  try {
    for (const naive of NAIVE) {
      let violation: unknown;
      await exhaust(ldapSubject('dualPasswords', placeOf(server), naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  } finally {
    await server.stop();
  }
  return caught;
}
