import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import type { Connect } from '../../lambda-src/targets/directory/connection';
import type { Login } from '../../tools/servers/server';

/** The name of the superuser secret. */
export const SUPERUSER = 'superuser';

interface DirectoryParts extends Pick<Subject, 'name' | 'config' | 'makeHandler' | 'server'> {
  readonly address: { readonly host: string; readonly port: number };
  readonly superuser: Login;
  readonly user: Login;
  readonly previousPassword: string;
  /** The first part of passwords that somebody sets by hand. */
  readonly byHand: string;
}

export function directorySubject({ address: { host, port }, superuser, user, previousPassword, byHand, ...parts }: DirectoryParts): Subject {
  const json = (login: object) => JSON.stringify({ host, port, ...login });
  return {
    ...parts,
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
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `${byHand}${n}` }),
  };
}

/** The connections of a copy of the function: every operation of `watch` ends as the proof decides, and they die with it. */
export function mortal<Connection>(
  { perform, dial, life }: HandlerDependencies, connect: Connect<Connection>, watch: (connection: Connection) => Connection,
): Connect<Connection> {
  return async (server, certificateAuthority, deadline) => {
    dial(server.host);
    const own = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    return watch(await perform('connect', 'read', () => connect(server, certificateAuthority, own)));
  };
}

/** How a target may be wrong. */
export interface Mistake {
  readonly mistake: string;
  readonly expected: Invariant;
}

export interface Caught extends Mistake {
  readonly caught: Invariant | undefined;
}

/** The first invariant that each of the naive variants breaks. */
export async function catchMistakes<Naive extends Mistake>(variants: readonly Naive[], subjectOf: (naive: Naive) => Subject): Promise<Caught[]> {
  const caught: Caught[] = [];
  for (const naive of variants) {
    let violation: unknown;
    await exhaust(subjectOf(naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
    caught.push({ mistake: naive.mistake, expected: naive.expected, caught: violation instanceof Violation ? violation.invariant : undefined });
  }
  return caught;
}
