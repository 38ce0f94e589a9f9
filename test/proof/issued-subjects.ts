import { runCopies } from './copies';
import { exhaust } from './exhaustion';
import { IssuedTarget, keyIn, restIn, type Key, type KeyApi, type KeyInfo } from './issued-target';
import { IssuingServer } from './issuing-server';
import { ISSUE, type Perform, type Subject } from './subjects';
import { World, type Invariant, type Verdict } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { SecretValues, Target } from '../../lambda-src/target';

/** In the place of the credential, before a server has issued the first. */
const WITHOUT = '{"user":"app","note":"n0"}';
const FOREIGN = 'FOREIGN';

const firstKey = (name: string): Key => ({ id: `${name}KEY`, secret: `${name}-half-shown-long-ago` });
const valueWith = ({ id, secret }: Key) => JSON.stringify({ ...JSON.parse(WITHOUT), keyId: id, keySecret: secret });

export type MakeTarget = (api: KeyApi, perform: Perform) => Target;

export function issuedSubject(name: string, server: IssuingServer, make: MakeTarget): Subject {
  return {
    name,
    server,
    config: { target: 'generated', passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler(() => make(server, dependencies.perform), dependencies),
    value: valueWith(firstKey('first')),
    secretOf: (value) => keyIn(value)?.secret,
    restOf: (value) => restIn(value || '{}'),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), note: `n${n + 1}` }),
  };
}

/** With a key in AWSCURRENT, and another one in AWSPREVIOUS, so that there is no room for a third. */
function full(name: string, make: MakeTarget): Subject {
  return {
    ...issuedSubject(name, new IssuingServer([firstKey('zero'), firstKey('first')]), make),
    previousValue: valueWith(firstKey('zero')),
  };
}

/** Before the first rotation, without a key. */
function empty(name: string, make: MakeTarget): Subject {
  return { ...issuedSubject(name, new IssuingServer(), make), value: WITHOUT, startsWithout: true };
}

const exclusive: MakeTarget = (api, perform) => new IssuedTarget(api, perform, true);
const shared: MakeTarget = (api, perform) => new IssuedTarget(api, perform, false);

/** Credentials that a server issues. */
export const ISSUED_TARGETS: readonly Subject[] = [
  full('issued keys, of a user of its own', exclusive),
  full('issued keys, of a user that others may use', shared),
  empty('issued keys, of a user of its own, from the first on', exclusive),
];

/** The user has a key of somebody else, which no rotation may revoke, however often it is tried. Once the owner has removed it, the rotation completes. */
export async function refuseForeign(make: MakeTarget = shared): Promise<void> {
  const server = new IssuingServer([firstKey('first')], [FOREIGN]);
  const world = new World(issuedSubject('a key of somebody else', server, make));
  world.start();
  for (const run of ['run', 'retry']) {
    const ending = await world.sequence(run, () => 'pass');
    world.rethrow();
    if (ending !== 'failed') { world.violate('foreignKept', `there is no room, and the rotation ${ending}`); }
  }
  await world.mustRecover();
}

/** How a target for issued values may be wrong. */
interface NaiveIssued {
  readonly name: string;
  readonly breaks: Invariant;
  run(): Promise<unknown>;
}

class RevokesUnknown extends IssuedTarget {
  protected override async settleUnknown(unknown: readonly KeyInfo[], values: SecretValues): Promise<boolean> {
    if (await values.pendingIfAny() !== undefined) { return true; }
    for (const { id } of unknown) { await this.revoke(id); }
    return false;
  }
}

class RevokesCurrent extends IssuedTarget {
  protected override async makeRoom(keys: readonly KeyInfo[], current: Key | undefined): Promise<void> {
    if (keys.length > 1 && current) { await this.revoke(current.id); }
  }
}

class RevokesWhatPreviousNames extends IssuedTarget {
  protected override async makeRoom(_: readonly KeyInfo[], __: Key | undefined, previous: Key | undefined): Promise<void> {
    if (previous) { await this.revoke(previous.id); }
  }
}

class PutsLate extends IssuedTarget {
  protected override async afterIssue(value: string): Promise<string> {
    await this.list();
    return value;
  }
}

class TriesOnce extends IssuedTarget {
  protected override get inARow(): number { return 1; }
}

class RevokesAfterwards extends IssuedTarget {
  public async finishSecret(values: SecretValues): Promise<void> {
    const current = keyIn(await values.current());
    if (current) { await this.revoke(current.id); }
  }
}

/** A loser that leaves what it was issued. */
class KeepsWhatItLost extends IssuedTarget {
  public override async discard(): Promise<void> { /* nothing */ }
}

const stops = (subject: Subject) => exhaust(subject, { pairs: false, stale: false, switches: [{}] });

/** A rotation after the owner has changed something else in the value by hand: AWSPREVIOUS and AWSCURRENT name one key. */
export async function rotateAfterPut(subject: Subject): Promise<void> {
  await subject.server!.reset();
  const world = new World(subject);
  world.putByHand(2);
  world.start();
  await world.mustComplete(world.copy('run', () => 'pass'));
}

/** One copy was issued a credential and hasn't stored it. Another one looks meanwhile, and goes on when the first one has stored it. */
export async function overtake(subject: Subject): Promise<void> {
  await subject.server!.reset();
  const world = new World(subject);
  world.start();
  const stopAt = (name: string, operation: string) => {
    let letOn: () => void = () => {};
    const isLetOn = new Promise<Verdict>((resolve) => { letOn = () => resolve('pass'); });
    let isThere: () => void = () => {};
    const there = new Promise<void>((resolve) => { isThere = resolve; });
    const run = world.copy(name, (call) => {
      if (call.operation !== operation) { return 'pass'; }
      isThere();
      return isLetOn;
    })('createSecret');
    return { there: Promise.race([there, run]), run, letOn };
  };
  const first = stopAt('first', 'PutSecretValue');
  await first.there;
  const second = stopAt('second', ISSUE);
  await second.there;
  for (const copy of [first, second]) {
    copy.letOn();
    await copy.run;
  }
  await world.mustRecover();
}

export const NAIVE_ISSUED: readonly NaiveIssued[] = [
  { name: 'revokes keys that it does not know', breaks: 'foreignKept', run: () => refuseForeign((api, perform) => new RevokesUnknown(api, perform, false)) },
  {
    name: 'revokes a key that another copy is about to store',
    breaks: 'recovers',
    run: () => overtake(full('', (api, perform) => new RevokesUnknown(api, perform, true))),
  },
  { name: 'revokes the current key to make room', breaks: 'accepted', run: () => stops(full('', (api, perform) => new RevokesCurrent(api, perform, true))) },
  {
    name: 'revokes the key of AWSPREVIOUS even if AWSCURRENT has the same',
    breaks: 'accepted',
    run: () => rotateAfterPut(full('', (api, perform) => new RevokesWhatPreviousNames(api, perform, true))),
  },
  { name: 'makes another call between the issue and Put', breaks: 'putsNext', run: () => stops(full('', (api, perform) => new PutsLate(api, perform, true))) },
  { name: 'takes one success for propagation', breaks: 'accepted', run: () => stops(full('', (api, perform) => new TriesOnce(api, perform, true))) },
  { name: 'revokes the current key before it is the previous one', breaks: 'accepted', run: () => stops(full('', (api, perform) => new RevokesAfterwards(api, perform, true))) },
  { name: 'keeps a key that it was issued in vain', breaks: 'oneCredential', run: () => runCopies(empty('', (api, perform) => new KeepsWhatItLost(api, perform, true)), 20, 1) },
];
