import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { AuthenticationError, TargetRefusedError } from '../../lambda-src/rotation/errors';
import { connectAd, type AdConnection, type ConnectAd } from '../../lambda-src/targets/directory/active-directory/connection';
import { ActiveDirectoryTarget } from '../../lambda-src/targets/directory/active-directory/target';
import { adUser, letsInAd, makeAdUser, startActiveDirectory, type ActiveDirectoryServer } from '../../servers/active-directory/active-directory';
import { parseActiveDirectoryConfig } from '../../src/targets/directory/active-directory/contract';

const APP = adUser('app');
const USER = { username: APP.upn, password: 'First-password-of-all-1' };
const SUPERUSER = 'superuser';

type Kind = 'itself' | 'superuser';
const KINDS: readonly Kind[] = ['itself', 'superuser'];

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
  readonly kind: Kind;
  readonly change: (connection: AdConnection) => Partial<AdConnection>;
}

type Caught = Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined };

const NAIVE: readonly Naive[] = [
  {
    mistake: 'a refused change counts as a change',
    expected: 'recovers',
    kind: 'itself',
    change: ({ changePassword }) => ({
      changePassword: async (sid, _, next) => changePassword(sid, 'Password-of-nobody-1', next).catch((error: unknown) => {
        if (!(error instanceof AuthenticationError || error instanceof TargetRefusedError)) { throw error; }
      }),
    }),
  },
  {
    // It then can't tell that the pending password is the present one: the history refuses to set that again.
    mistake: 'a refusal by the policy counts as a wrong password',
    expected: 'recovers',
    kind: 'itself',
    change: ({ changePassword }) => ({
      changePassword: async (...change) => changePassword(...change).catch((error: unknown) => {
        throw error instanceof TargetRefusedError ? new AuthenticationError(error.message) : error;
      }),
    }),
  },
  {
    mistake: 'a superuser resets the password to one that no version has',
    expected: 'accepted',
    kind: 'superuser',
    change: ({ resetPassword }) => ({
      resetPassword: async (sid, next) => {
        await resetPassword(sid, 'Password-in-between-1');
        await resetPassword(sid, 'Password-in-between-2');
        await resetPassword(sid, next);
      },
    }),
  },
];

function subject(kind: Kind, server: ActiveDirectoryServer, naive?: Naive): Subject {
  const { host, port, ca, superuser } = server;
  const json = (login: object) => JSON.stringify({ host, port, ...login });
  return {
    name: `Active Directory, ${kind}`,
    config: { target: 'active-directory', ...kind === 'itself' ? {} : { superuserSecretArn: SUPERUSER }, certificateAuthority: ca, passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler((config) => {
      return new ActiveDirectoryTarget(parseActiveDirectoryConfig(config), watch(dependencies, naive));
    }, dependencies),
    server: {
      reset: () => makeAdUser(server, APP, USER.password),
      accepts: (value) => letsInAd(server, JSON.parse(value) as typeof USER),
      alwaysAcceptsCurrent: false,
    },
    otherSecrets: { [SUPERUSER]: json(superuser) },
    value: json(USER),
    previousValue: json({ ...USER, password: 'Password-before-the-first-1' }),
    secretOf: (value) => {
      try {
        return (JSON.parse(value) as typeof USER).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '' }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `By-hand-password-${n}` }),
  };
}

/** The connections of a copy of the function: every operation ends as the proof decides, and they die with it. */
function watch({ perform, dial, life }: HandlerDependencies, naive?: Naive): ConnectAd {
  return async (server, certificateAuthority, deadline) => {
    dial(server.host);
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform('connect', 'read', () => connectAd(server, certificateAuthority, mortal));
    const watched: AdConnection = {
      bind: (...args) => perform('bind', 'read', () => connection.bind(...args)),
      findUser: (...args) => perform('findUser', 'read', () => connection.findUser(...args)),
      isUser: (...args) => perform('isUser', 'read', () => connection.isUser(...args)),
      changePassword: (...args) => perform('changePassword', 'write', () => connection.changePassword(...args)),
      resetPassword: (...args) => perform('resetPassword', 'write', () => connection.resetPassword(...args)),
      close: () => connection.close(),
    };
    return naive ? { ...watched, ...naive.change(watched) } : watched;
  };
}

/** Each strategy, on a real domain controller. */
export async function withActiveDirectorySubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  const server = await startActiveDirectory();
  try {
    for (const kind of KINDS) { await use(subject(kind, server)); }
  } finally {
    await server.stop();
  }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveActiveDirectory(): Promise<Caught[]> {
  const caught: Caught[] = [];
  const server = await startActiveDirectory();
  try {
    for (const naive of NAIVE) {
      let violation: unknown;
      const proof = exhaust(subject(naive.kind, server, naive), { pairs: false, stale: false, switches: [{}] });
      await proof.catch((error: unknown) => { violation = error; });
      caught.push({ mistake: naive.mistake, expected: naive.expected, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  } finally {
    await server.stop();
  }
  return caught;
}
