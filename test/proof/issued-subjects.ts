import { runCopies } from './copies';
import { exhaust } from './exhaustion';
import { accessKeyTarget, partsOf } from './issued-target';
import { ISSUE, type Perform, type Subject } from './subjects';
import { World, type Invariant, type Verdict } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import type { SecretValues, Target, ValueRequest } from '../../lambda-src/target';
import { AccessKeyTarget, type AccessKeyTargetParts } from '../../lambda-src/targets/access-key/access-key-target';
import type { AccessKeyInfo } from '../../lambda-src/targets/access-key/access-keys';
import { AS_ISSUED, AS_SMTP, issuedKey, IssuingServer, restIn, type Key, type Shape } from '../../servers/stand-ins/issuing-server';

/** Replaces the credential before a server has issued the first. */
const WITHOUT = '{"user":"app","note":"n0"}';
const FOREIGN = 'FOREIGN';

const firstKey = (name: string): Key => ({ id: `${name}KEY`, secret: `${name}-half-shown-long-ago` });
const valueWith = ({ id, secret }: Key, { idKey, secretKey, derived }: Shape) =>
  JSON.stringify({ ...JSON.parse(WITHOUT), [idKey]: id, [secretKey]: derived(secret) });

type MakeTarget = (server: IssuingServer, perform: Perform) => Target;

function issuedSubject(name: string, server: IssuingServer, make: MakeTarget, shape: Shape = AS_ISSUED): Subject {
  return {
    name,
    server,
    config: { target: 'generated', passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler(() => make(server, dependencies.perform), dependencies),
    value: valueWith(firstKey('first'), shape),
    secretOf: (value) => issuedKey(value, shape)?.secret,
    restOf: (value) => restIn(value || '{}', shape),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), note: `n${n + 1}` }),
  };
}

/** With one key in AWSCURRENT and another one in AWSPREVIOUS, so that there is no room for a third. */
function full(name: string, make: MakeTarget, shape: Shape = AS_ISSUED): Subject {
  return {
    ...issuedSubject(name, new IssuingServer([firstKey('zero'), firstKey('first')], [], shape), make, shape),
    previousValue: valueWith(firstKey('zero'), shape),
  };
}

/** Before the first rotation, without a key. */
function empty(name: string, make: MakeTarget, shape: Shape = AS_ISSUED): Subject {
  return { ...issuedSubject(name, new IssuingServer([], [], shape), make, shape), value: WITHOUT, startsWithout: true };
}

const exclusive: MakeTarget = (server, perform) => accessKeyTarget(server, perform, true);
const shared: MakeTarget = (server, perform) => accessKeyTarget(server, perform, false);
const smtp: MakeTarget = (server, perform) => accessKeyTarget(server, perform, true, 'ses');

/** Credentials that a server issues. */
export const ISSUED_TARGETS: readonly Subject[] = [
  full('iam-access-key, of a user of its own', exclusive),
  full('iam-access-key, of a user that others may use', shared),
  empty('iam-access-key, of a user of its own, from the first on', exclusive),
  {
    ...issuedSubject('iam-access-key, whose AWSCURRENT lost its key', new IssuingServer([firstKey('zero')]), shared),
    value: WITHOUT,
    previousValue: valueWith(firstKey('zero'), AS_ISSUED),
    startsWithout: true,
  },
  full('ses-smtp, of a user of its own', smtp, AS_SMTP),
];

/** The user has a foreign key, which no rotation may revoke, however often it is retried. After its owner removed it, the rotation completes. */
export async function refuseForeign(make: MakeTarget = shared): Promise<void> {
  const server = new IssuingServer([firstKey('first')], [FOREIGN]);
  const world = new World(issuedSubject('a foreign key', server, make));
  world.start();
  for (const run of ['run', 'retry']) {
    const ending = await world.sequence(run, () => 'pass');
    world.rethrow();
    if (ending !== 'failed') { world.violate('foreignKept', `there is no room, and the rotation ${ending}`); }
  }
  await world.mustRecover();
}

/** The naive targets for issued values. */
interface NaiveIssued {
  readonly name: string;
  readonly breaks: Invariant;
  run(): Promise<unknown>;
}

class RevokesUnknown extends AccessKeyTarget {
  protected override async settleUnknown(unknown: readonly AccessKeyInfo[], values: SecretValues, deadline: Deadline): Promise<boolean> {
    if (await values.pendingIfAny() !== undefined) { return true; }
    for (const { id } of unknown) { await this.parts.keys.delete(id, deadline); }
    return false;
  }
}

class RevokesCurrent extends AccessKeyTarget {
  protected override async makeRoom(
    existing: readonly AccessKeyInfo[], currentId: string | undefined, _: string | undefined, deadline: Deadline,
  ): Promise<void> {
    if (existing.length > 1 && currentId !== undefined) { await this.parts.keys.delete(currentId, deadline); }
  }
}

class RevokesWhatPreviousNames extends AccessKeyTarget {
  protected override async makeRoom(
    _: readonly AccessKeyInfo[], __: string | undefined, previousId: string | undefined, deadline: Deadline,
  ): Promise<void> {
    if (previousId !== undefined) { await this.parts.keys.delete(previousId, deadline); }
  }
}

class PutsLate extends AccessKeyTarget {
  public override async createValue(request: ValueRequest): Promise<string | undefined> {
    const value = await super.createValue(request);
    await this.parts.keys.list(request.deadline);
    return value;
  }
}

class TriesOnce extends AccessKeyTarget {
  protected override get inARow(): number { return 1; }
}

class RevokesAfterwards extends AccessKeyTarget {
  public async finishSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const current = issuedKey(await values.current());
    if (current) { await this.parts.keys.delete(current.id, deadline); }
  }
}

/** A copy that loses the race and keeps its issued key. */
class KeepsWhatItLost extends AccessKeyTarget {
  public override async discard(): Promise<void> { /* nothing */ }
}

const naive = (Naive: new (parts: AccessKeyTargetParts) => AccessKeyTarget, isExclusive = true): MakeTarget =>
  (server, perform) => new Naive(partsOf(server, perform, isExclusive));

const stops = (subject: Subject) => exhaust(subject, { pairs: false, stale: false, switches: [{}] });

/** A rotation after the owner changed another part of the value by hand: AWSPREVIOUS and AWSCURRENT have the same key. */
export async function rotateAfterPut(subject: Subject): Promise<void> {
  await subject.server!.reset();
  const world = new World(subject);
  world.putByHand(2);
  world.start();
  await world.mustComplete(world.copy('run', () => 'pass'));
}

/** One copy was issued a credential and hasn't stored it. Another one lists keys meanwhile, and continues when the first one has stored it. */
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
  { name: 'revokes keys that it does not know', breaks: 'foreignKept', run: () => refuseForeign(naive(RevokesUnknown, false)) },
  {
    name: 'revokes a key that another copy is about to store',
    breaks: 'recovers',
    run: () => overtake(full('', naive(RevokesUnknown))),
  },
  { name: 'revokes the current key to make room', breaks: 'accepted', run: () => stops(full('', naive(RevokesCurrent))) },
  {
    name: 'revokes the key of AWSPREVIOUS even if AWSCURRENT has the same',
    breaks: 'accepted',
    run: () => rotateAfterPut(full('', naive(RevokesWhatPreviousNames))),
  },
  { name: 'makes another call between the issue and Put', breaks: 'putsNext', run: () => stops(full('', naive(PutsLate))) },
  { name: 'takes one success for propagation', breaks: 'accepted', run: () => stops(full('', naive(TriesOnce))) },
  { name: 'revokes the current key before it is the previous one', breaks: 'accepted', run: () => stops(full('', naive(RevokesAfterwards))) },
  { name: 'keeps a key that it was issued in vain', breaks: 'oneCredential', run: () => runCopies(empty('', naive(KeepsWhatItLost)), 20, 1) },
];
