import type { Strategy } from './kind';
import { accessDenied, type Step } from '../../simulator';
import type { Login } from '../../tools/servers/server';
import { runCopies } from '../proof/copies';
import type { Subject } from '../proof/subjects';
import { STEPS, World, type Ending } from '../proof/world';

/** A case of docs/rotation-contract.md on a server of the user's own. */
export interface AcceptanceCase<Ground = undefined> {
  readonly numbers: readonly number[];
  readonly what: string;
  readonly appliesTo: (strategy: Strategy) => boolean;
  /** @param ground what the kind of server has besides the strategy */
  readonly run: (bench: Bench, ground: Ground) => Promise<void>;
}

/** The name of the superuser secret, if there is one. */
const SUPERUSER = 'superuser';

/** Opens a connection, or sends a request: the names of the calls of all targets. */
const CONNECTS = /^(log in|login|connect|GET |PUT )/;

/** What doesn't hold. */
export class Failure extends Error {}

/** Parts of passwords that SQL, shells and JSON have to escape. */
export const AWKWARD_PASSWORDS: readonly string[] = ['Quotes-1\'"`', 'Backslash-1\\\\n\\', 'Signs-1 %s ; -- $1 {} <&>', 'Unicode-1 \u00e4\u00df\u20ac', 'Unicode-2 \u{1F511}'];

/** One strategy on one server, from the beginning for each case. */
export class Bench {
  /** The calls of the last copy of the function. */
  private calls: { readonly operation: string; readonly kind: string }[] = [];

  /**
   * @param password makes a password for each purpose
   * @param otherAuthority the certificate of an authority that has signed no server
   */
  constructor(public readonly strategy: Strategy, public readonly password: (purpose: string) => string, public readonly otherAuthority: string) {}

  /** A secret whose rotation has started, and which nobody has rotated before. */
  public async start(changes: Partial<Subject> = {}): Promise<World> {
    const world = await this.make(changes);
    world.start();
    return world;
  }

  public async make(changes: Partial<Subject> = {}): Promise<World> {
    const subject = { ...this.subject, ...changes };
    await this.subject.server!.reset();
    return new World(subject);
  }

  public get subject(): Subject { return this.strategy.subject(); }

  /** Steps by a new copy of the function. */
  public async steps(world: World, ...steps: Step[]): Promise<Ending> {
    this.calls = [];
    const run = world.copy('function', (call) => {
      this.calls.push(call);
      return 'pass';
    });
    for (const step of steps) {
      const ending = await run(step);
      if (ending !== 'succeeded') { return ending; }
    }
    return 'succeeded';
  }

  public async mustSucceed(world: World, ...steps: Step[]): Promise<void> {
    const ending = await this.steps(world, ...steps);
    if (ending !== 'succeeded') { throw new Failure(`${steps.join(', ')} ${ending}: ${world.lastError?.name} ${world.lastError?.message}`); }
  }

  /** The step has to fail with an error of this name. */
  public async mustFail(world: World, step: Step, name: string): Promise<void> {
    const ending = await this.steps(world, step);
    if (ending !== 'failed' || world.lastError?.name !== name) {
      throw new Failure(`${step} ${ending}${ending === 'failed' ? ` with ${world.lastError?.name} ${world.lastError?.message}` : ''}, but not with ${name}`);
    }
  }

  /** A whole rotation. */
  public async rotate(world: World): Promise<void> {
    await this.mustSucceed(world, ...STEPS);
    world.simulator.completeRotation(world.arn);
  }

  public async mustAccept(world: World, label: string, expected = true): Promise<void> {
    const accepted = await this.subject.server!.accepts(world.valueOf(label));
    if (accepted !== expected) { throw new Failure(`the server ${accepted ? 'accepts' : 'refuses'} the value of ${label}`); }
  }

  /** The calls of the last copy that change the server, or log in as a user. */
  public mustHaveCalled(pattern: RegExp, times: number): void {
    const found = this.calls.filter(({ operation }) => pattern.test(operation)).length;
    if (found !== times) { throw new Failure(`${found} of the calls were ${pattern.source}, and ${times} were expected`); }
  }

  public mustHaveChanged(times: number): void {
    const changes = this.calls.filter(({ kind, operation }) => kind === 'write' && !/^(Put|Update)/.test(operation) && !/^(COMMIT|ROLLBACK)/.test(operation));
    const found = changes.map(({ operation }) => operation).join(', ');
    if (changes.length !== times) { throw new Failure(`${changes.length} statements changed the server (${found}), and ${times} were expected`); }
  }

  /** Gives a user a password of no version, and no other one. */
  public async setPassword(username: string, password = this.password('by hand')): Promise<Login> {
    const login = { username, password };
    await this.strategy.setPassword(login);
    return login;
  }

  /** The value after the current one, with a password of this case. */
  public next(world: World, next: string): string {
    const value = world.valueOf('AWSCURRENT');
    const { username, password } = JSON.parse(value) as Login;
    const other = username.endsWith('_clone') ? username.replace(/_clone$/, '') : `${username}_clone`;
    const changes = [[password, next], ...this.strategy.alternates ? [[username, other]] : []];
    return changes.reduce((changed, [from, to]) => changed.replace(JSON.stringify(from), () => JSON.stringify(to)), value);
  }

  public login(world: World, label: string): Login {
    return JSON.parse(world.valueOf(label)) as Login;
  }

  /** Whether the server accepts a login, as the value of a version. */
  public letsIn(login: Login): Promise<boolean> {
    const { server, value } = this.subject;
    return server!.accepts(JSON.stringify({ ...JSON.parse(value), ...login }));
  }
}

const alternates = (strategy: Strategy) => strategy.alternates === true;
const isDual = (strategy: Strategy) => strategy.isDual === true;
const exists = ({ startsRefused }: Strategy) => startsRefused !== true;
const isSingle = (strategy: Strategy) => exists(strategy) && !alternates(strategy) && !isDual(strategy);
const isCreated = ({ creates }: Strategy) => creates === true;
const hasSuperuser = (strategy: Strategy) => strategy.hasSuperuser === true;
const all = () => true;

/** The cases, by what happens. The stops at calls come in addition. */
export const CASES: readonly AcceptanceCase[] = [
  {
    numbers: [43, 48],
    what: 'two rotations succeed, and the server accepts the new value each time',
    appliesTo: all,
    run: async (bench) => (await bench.start()).mustRecover(),
  },
  {
    numbers: [23],
    what: 'setSecret changes nothing when the pending password works already',
    appliesTo: ({ isRepeatedWithoutWrites }) => isRepeatedWithoutWrites !== false,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret', 'setSecret');
      await bench.mustSucceed(world, 'setSecret');
      bench.mustHaveChanged(0);
      await bench.mustAccept(world, 'AWSPENDING');
    },
  },
  {
    numbers: [24],
    what: 'a pending value with another host or user fails, without a connection',
    appliesTo: all,
    run: async (bench) => {
      for (const changes of [{ host: 'elsewhere.invalid' }, { username: bench.strategy.nobody ?? 'somebody_else' }]) {
        const world = await bench.start();
        world.putPending(JSON.stringify({ ...JSON.parse(bench.next(world, bench.password('by hand'))), ...changes }));
        await bench.mustFail(world, 'setSecret', 'SecretMismatchError');
        bench.mustHaveCalled(CONNECTS, 0);
      }
    },
  },
  {
    numbers: [25],
    what: 'the password is changed once',
    appliesTo: isSingle,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret', 'setSecret');
      bench.mustHaveChanged(1);
      await bench.mustAccept(world, 'AWSPENDING');
      await bench.mustAccept(world, 'AWSCURRENT', false);
    },
  },
  {
    numbers: [26],
    what: 'if only the previous password works, the rotation uses that',
    appliesTo: isSingle,
    run: async (bench) => {
      const world = await bench.start();
      await bench.rotate(world);
      const { username, password } = bench.login(world, 'AWSPREVIOUS');
      await bench.setPassword(username, password);
      world.start();
      await bench.rotate(world);
      await bench.mustAccept(world, 'AWSCURRENT');
    },
  },
  {
    numbers: [28],
    what: 'if no password works, setSecret fails as authentication and changes nothing',
    appliesTo: (strategy) => exists(strategy) && !alternates(strategy),
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret');
      const byHand = await bench.setPassword(bench.strategy.user.username);
      await bench.mustFail(world, 'setSecret', 'AuthenticationError');
      if (!await bench.letsIn(byHand)) { throw new Failure('the password was changed'); }
    },
  },
  {
    numbers: [29],
    what: 'a name that is not resolved fails as connectivity',
    appliesTo: ({ hasEndpoint }) => hasEndpoint !== true,
    run: async (bench) => {
      const { value } = bench.subject;
      const world = await bench.start({ value: JSON.stringify({ ...JSON.parse(value), host: 'acceptance.invalid' }), server: undefined });
      if (hasSuperuser(bench.strategy)) { putSuperuser(bench, world, { host: 'acceptance.invalid' }); }
      await bench.mustSucceed(world, 'createSecret');
      await bench.mustFail(world, 'setSecret', 'ConnectivityError');
    },
  },
  {
    numbers: [31],
    what: 'setSecret fails while the pending version has no value',
    appliesTo: all,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustFail(world, 'setSecret', 'PendingValueMissingError');
      bench.mustHaveCalled(CONNECTS, 0);
    },
  },
  {
    numbers: [32],
    what: 'passwords with quotes, backslashes, spaces and Unicode, as far as the target allows them, arrive unchanged',
    appliesTo: all,
    run: async (bench) => {
      for (const password of bench.strategy.awkwardPasswords ?? AWKWARD_PASSWORDS) {
        const world = await bench.start();
        world.putPending(bench.next(world, `${password}${bench.password('awkward')}`));
        await bench.mustSucceed(world, ...STEPS);
        await bench.mustAccept(world, 'AWSCURRENT');
      }
    },
  },
  {
    numbers: [34, 35],
    what: 'the second user has the rights of the first one, and after the next rotation both work',
    appliesTo: ({ alternates: is, right }) => is === true && right !== undefined,
    run: async (bench) => {
      const world = await bench.start();
      const { user, right } = bench.strategy;
      await right!.give(user.username);
      await bench.rotate(world);
      if (!await right!.has(bench.login(world, 'AWSCURRENT'))) { throw new Failure('the second user lacks a right'); }
      world.start();
      await bench.rotate(world);
      await bench.mustAccept(world, 'AWSCURRENT');
      await bench.mustAccept(world, 'AWSPREVIOUS');
    },
  },
  {
    numbers: [37],
    what: 'if the current password is refused, setSecret fails without a login of the superuser',
    appliesTo: ({ alternates: is, superuserCalls }) => is === true && superuserCalls !== undefined,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret');
      await bench.setPassword(bench.strategy.user.username);
      await bench.mustFail(world, 'setSecret', 'AuthenticationError');
      bench.mustHaveCalled(bench.strategy.superuserCalls!, 0);
    },
  },
  {
    numbers: [39],
    what: 'a superuser secret with another host fails, and nothing changes',
    appliesTo: (strategy) => hasSuperuser(strategy) && strategy.hasEndpoint !== true && exists(strategy),
    run: async (bench) => {
      const world = await bench.start();
      putSuperuser(bench, world, { host: 'elsewhere.invalid' });
      await bench.mustSucceed(world, 'createSecret');
      await bench.mustFail(world, 'setSecret', 'SecretMismatchError');
      await bench.mustAccept(world, 'AWSCURRENT');
      await bench.mustAccept(world, 'AWSPENDING', false);
    },
  },
  {
    numbers: [40],
    what: 'a superuser secret that can not be read fails, and nothing changes',
    // A wrong password of the superuser could lock it.
    appliesTo: hasSuperuser,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret');
      world.simulator.intercept = ({ input }) => {
        if (input.SecretId === SUPERUSER) { throw accessDenied('secretsmanager:GetSecretValue'); }
      };
      await bench.mustFail(world, 'setSecret', 'SecretsManagerError');
      await bench.mustAccept(world, 'AWSPENDING', false);
    },
  },
  {
    numbers: [41, 77],
    what: 'a right that the first user gets or loses later, the second one has or lacks at its next turn',
    appliesTo: ({ alternates: is, right }) => is === true && right !== undefined,
    run: async (bench) => {
      const world = await bench.start();
      const { right, user: { username: first } } = bench.strategy;
      await bench.rotate(world);
      for (const has of [true, false]) {
        world.start();
        await bench.rotate(world);
        await (has ? right!.give(first) : right!.take(first));
        world.start();
        await bench.rotate(world);
        if (await right!.has(bench.login(world, 'AWSCURRENT')) !== has) { throw new Failure(`it ${has ? 'lacks' : 'has'} the right`); }
      }
    },
  },
  {
    numbers: [44],
    what: 'testSecret fails before setSecret',
    appliesTo: all,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret');
      await bench.mustFail(world, 'testSecret', 'AuthenticationError');
    },
  },
  {
    numbers: [45],
    what: 'testSecret fails for a locked user',
    appliesTo: ({ startsRefused, lockUser }) => startsRefused !== true && lockUser !== undefined,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret', 'setSecret');
      await bench.strategy.lockUser!(bench.login(world, 'AWSPENDING').username);
      if (await bench.steps(world, 'testSecret') !== 'failed') { throw new Failure('testSecret succeeded'); }
    },
  },
  {
    numbers: [46],
    what: 'testSecret alone succeeds on a copy of the current value, and writes nothing',
    appliesTo: exists,
    run: async (bench) => (await bench.make()).mustTestAlone(),
  },
  {
    numbers: [60, 61, 73],
    what: 'five copies of every step at once succeed',
    appliesTo: all,
    run: async (bench) => { await runCopies(bench.subject, 5, 1); },
  },
  {
    numbers: [66],
    what: 'a certificate of an unknown authority is refused',
    appliesTo: all,
    run: async (bench) => {
      const { config } = bench.subject;
      const world = await bench.start({ config: { ...config, certificateAuthority: bench.otherAuthority } as Subject['config'] });
      await bench.mustSucceed(world, 'createSecret');
      await bench.mustFail(world, 'setSecret', 'TlsError');
    },
  },
  {
    numbers: [87, 88, 89],
    what: 'both passwords are accepted from setSecret on, however often it is repeated, until the next rotation',
    appliesTo: isDual,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret', 'setSecret');
      for (let times = 0; times < 3; times++) { await bench.mustSucceed(world, 'setSecret'); }
      await bench.mustAccept(world, 'AWSPENDING');
      await bench.mustAccept(world, 'AWSCURRENT');
      await bench.mustSucceed(world, 'testSecret', 'finishSecret');
      await bench.mustAccept(world, 'AWSCURRENT');
      await bench.mustAccept(world, 'AWSPREVIOUS');
    },
  },
  {
    numbers: [94, 98],
    what: 'the user is created with its rights, by a superuser secret without a host',
    appliesTo: isCreated,
    run: async (bench) => {
      const world = await bench.start();
      await bench.rotate(world);
      await bench.mustAccept(world, 'AWSCURRENT');
    },
  },
  {
    numbers: [95],
    what: 'a user who exists with another password stays as it is',
    appliesTo: isCreated,
    run: async (bench) => {
      const world = await bench.start();
      const byHand = { username: bench.strategy.user.username, password: bench.password('by hand') };
      await bench.strategy.createUser!(byHand);
      await bench.mustSucceed(world, 'createSecret');
      await bench.mustFail(world, 'setSecret', 'AuthenticationError');
      if (!await bench.letsIn(byHand)) { throw new Failure('its password was changed'); }
    },
  },
  {
    numbers: [97],
    what: 'if a statement of the creation fails, nobody can log in as the user, and the error has its number',
    appliesTo: isCreated,
    run: async (bench) => {
      const { config } = bench.subject;
      const world = await bench.start({ config: { ...config, creationStatements: [bench.strategy.failingStatement!, 'SELECT 1'] } as Subject['config'] });
      await bench.mustSucceed(world, 'createSecret');
      await bench.mustFail(world, 'setSecret', 'TargetRefusedError');
      if (!world.lastError!.message.includes('index 0')) { throw new Failure(`the error is ${world.lastError!.message}`); }
      await bench.mustAccept(world, 'AWSPENDING', false);
    },
  },
  {
    numbers: [99],
    what: 'a user with the name of the second one, without proof that it belongs to the pair, stays as it is',
    appliesTo: ({ alternates: is, createUser }) => is === true && createUser !== undefined,
    run: async (bench) => {
      const world = await bench.start();
      const foreign = { username: `${bench.strategy.user.username}_clone`, password: bench.password('by hand') };
      await bench.strategy.createUser!(foreign);
      await bench.mustSucceed(world, 'createSecret');
      if (await bench.steps(world, 'setSecret') !== 'failed') { throw new Failure('setSecret succeeded'); }
      if (!await bench.letsIn(foreign)) { throw new Failure('its password was changed'); }
    },
  },
];

/** The cases that the stops at calls try. */
export const STOP_CASES: readonly number[] = [53, 54, 55, 56, 57, 58, 59, 100];

/** The case that holds for every other one: the world looks at each error and each log line. */
export const ALWAYS: readonly number[] = [69];

function putSuperuser({ subject }: Bench, world: World, changes: object): void {
  const value = JSON.stringify({ ...JSON.parse(subject.otherSecrets![SUPERUSER]), ...changes });
  world.simulator.perform('PutSecretValue', { SecretId: SUPERUSER, SecretString: value });
}
