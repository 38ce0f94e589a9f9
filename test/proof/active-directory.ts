import { catchMistakes, directorySubject, mortal, SUPERUSER, type Caught, type Mistake } from './directory';
import type { HandlerDependencies, Subject } from './subjects';
import { makeHandler } from '../../lambda-src/handler';
import { AuthenticationError, TargetRefusedError } from '../../lambda-src/rotation/errors';
import { connectAd, type AdConnection, type ConnectAd } from '../../lambda-src/targets/directory/active-directory/connection';
import { ActiveDirectoryTarget } from '../../lambda-src/targets/directory/active-directory/target';
import { adUser, letsInAd, makeAdUser, startActiveDirectory, type ActiveDirectoryServer } from '../../servers/active-directory/active-directory';
import { parseActiveDirectoryConfig } from '../../src/targets/directory/active-directory/contract';

const APP = adUser('app');
const USER = { username: APP.upn, password: 'First-password-of-all-1' };

type Kind = 'itself' | 'superuser';
const KINDS: readonly Kind[] = ['itself', 'superuser'];

interface Naive extends Mistake {
  readonly kind: Kind;
  readonly change: (connection: AdConnection) => Partial<AdConnection>;
}

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
  const { ca, superuser } = server;
  return directorySubject({
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
    address: server,
    superuser,
    user: USER,
    previousPassword: 'Password-before-the-first-1',
    byHand: 'By-hand-password-',
  });
}

function watch(dependencies: HandlerDependencies, naive?: Naive): ConnectAd {
  const { perform } = dependencies;
  return mortal(dependencies, connectAd, (connection) => {
    const watched: AdConnection = {
      bind: (...args) => perform('bind', 'read', () => connection.bind(...args)),
      findUser: (...args) => perform('findUser', 'read', () => connection.findUser(...args)),
      isUser: (...args) => perform('isUser', 'read', () => connection.isUser(...args)),
      changePassword: (...args) => perform('changePassword', 'write', () => connection.changePassword(...args)),
      resetPassword: (...args) => perform('resetPassword', 'write', () => connection.resetPassword(...args)),
      close: () => connection.close(),
    };
    return naive ? { ...watched, ...naive.change(watched) } : watched;
  });
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
  const server = await startActiveDirectory();
  try {
    return await catchMistakes(NAIVE, (naive) => subject(naive.kind, server, naive));
  } finally {
    await server.stop();
  }
}
