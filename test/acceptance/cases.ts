import { TABLE, type Dialect } from './dialect';
import { connect } from '../../servers/clients';
import { accessDenied, type Step } from '../../simulator';
import type { Login } from '../../tools/servers/server';
import { runCopies } from '../proof/copies';
import { databaseSubject, firstUser, letsIn, SUPERUSER, type Place, type Variant } from '../proof/database-subject';
import type { Subject } from '../proof/subjects';
import { STEPS, World, type Ending } from '../proof/world';

/** A case of docs/rotation-contract.md on a server of the user's own. */
export interface AcceptanceCase {
  readonly numbers: readonly number[];
  readonly what: string;
  readonly appliesTo: (variant: Variant, place: Place) => boolean;
  readonly run: (bench: Bench) => Promise<void>;
}

/** What doesn't hold. */
export class Failure extends Error {}

/** A password that SQL, shells and JSON have to escape. */
const AWKWARD = ['Quotes-1\'"`', 'Backslash-1\\\\n\\', 'Signs-1 %s ; -- $1 {} <&>', 'Unicode-1 \u00e4\u00df\u20ac \u{1F511}'];

/** One strategy on one server, from the beginning for each case. */
export class Bench {
  /** The calls of the last copy of the function. */
  private calls: { readonly operation: string; readonly kind: string }[] = [];

  /** @param otherAuthority the certificate of an authority that has signed no server */
  constructor(public readonly place: Place, public readonly variant: Variant, public readonly sql: Dialect, public readonly otherAuthority: string) {}

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

  public get subject(): Subject { return databaseSubject('acceptance', this.place, this.variant); }

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

  public async owner(...statements: string[]): Promise<void> {
    for (const statement of statements) { await this.place.asOwner(statement); }
  }

  /** Statements of a user of the secret. */
  public async asUser(login: Login, ...statements: string[]): Promise<void> {
    const client = await connect(this.place, { login });
    try {
      for (const statement of statements) { await client.query(statement); }
    } finally {
      await client.close();
    }
  }

  public async may(login: Login, statement: string): Promise<boolean> {
    return this.asUser(login, statement).then(() => true, () => false);
  }

  /** Gives a user a password of no version, and no other one. */
  public async setPassword(username: string, password = this.place.password('by hand')): Promise<Login> {
    const login = { username, password };
    await this.owner(...this.sql.setPassword({ username, password: quotable(password, this.place) }));
    if (this.place.engine === 'mysql') { await this.owner(`ALTER USER ${username} DISCARD OLD PASSWORD`); }
    return login;
  }

  /** The value after the current one, with a password of this case. */
  public next(world: World, next: string): string {
    const value = world.valueOf('AWSCURRENT');
    const { username, password } = JSON.parse(value) as Login;
    const other = username.endsWith('_clone') ? username.replace(/_clone$/, '') : `${username}_clone`;
    const changes = [[password, next], ...this.variant.alternates ? [[username, other]] : []];
    return changes.reduce((changed, [from, to]) => changed.replace(JSON.stringify(from), () => JSON.stringify(to)), value);
  }

  public login(world: World, label: string): Login {
    return JSON.parse(world.valueOf(label)) as Login;
  }

  public async letsIn(login: Login): Promise<boolean> { return letsIn(this.place, login); }
}

const alternates = ({ alternates: is }: Variant) => is === true;
const isDual = ({ config }: Variant) => config.dualPasswords === true;
const exists = ({ startsRefused }: Variant) => startsRefused !== true;
const isSingle = (variant: Variant) => exists(variant) && !alternates(variant) && !isDual(variant);
const isCreated = ({ creationStatements }: Variant) => creationStatements !== undefined;
const hasSuperuser = ({ config }: Variant) => config.superuserSecretArn !== undefined;
const all = () => true;
const isPostgres = ({ engine }: Place) => engine === 'postgres';

const UPDATE = `UPDATE ${TABLE} SET id = 1`;

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
    // A user who adds its own password finds that out with a statement that changes nothing: case 88.
    appliesTo: (variant) => !isDual(variant) || hasSuperuser(variant),
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
      for (const changes of [{ host: 'elsewhere.invalid' }, { username: 'somebody_else' }]) {
        const world = await bench.start();
        world.putPending(JSON.stringify({ ...JSON.parse(bench.next(world, bench.place.password('by hand'))), ...changes }));
        await bench.mustFail(world, 'setSecret', 'SecretMismatchError');
        bench.mustHaveCalled(/^log in/, 0);
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
    appliesTo: (variant) => exists(variant) && !alternates(variant),
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret');
      const byHand = await bench.setPassword(firstUser(bench.place, bench.variant).username);
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
      if (hasSuperuser(bench.variant)) { putSuperuser(bench, world, { host: 'acceptance.invalid' }); }
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
      bench.mustHaveCalled(/^log in/, 0);
    },
  },
  {
    numbers: [32],
    what: 'passwords with quotes, backslashes, spaces and 4-byte characters arrive unchanged',
    appliesTo: all,
    run: async (bench) => {
      for (const password of AWKWARD) {
        const world = await bench.start();
        world.putPending(bench.next(world, `${password}${bench.place.password('awkward')}`));
        await bench.mustSucceed(world, ...STEPS);
        await bench.mustAccept(world, 'AWSCURRENT');
      }
    },
  },
  {
    numbers: [34, 35],
    what: 'the second user has the rights of the first one, and after the next rotation both work',
    appliesTo: alternates,
    run: async (bench) => {
      const world = await bench.start();
      await bench.owner(bench.sql.grantUpdate(firstUser(bench.place, bench.variant).username));
      await bench.rotate(world);
      if (!await bench.may(bench.login(world, 'AWSCURRENT'), UPDATE)) { throw new Failure('the second user lacks a right'); }
      world.start();
      await bench.rotate(world);
      await bench.mustAccept(world, 'AWSCURRENT');
      await bench.mustAccept(world, 'AWSPREVIOUS');
    },
  },
  {
    numbers: [37],
    what: 'if the current password is refused, setSecret fails without a login of the superuser',
    appliesTo: alternates,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret');
      await bench.setPassword(firstUser(bench.place, bench.variant).username);
      await bench.mustFail(world, 'setSecret', 'AuthenticationError');
      bench.mustHaveCalled(/^log in/, 1);
    },
  },
  {
    numbers: [39],
    what: 'a superuser secret with another host fails, and nothing changes',
    appliesTo: (variant) => hasSuperuser(variant) && variant.hasEndpoint !== true && exists(variant),
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
    appliesTo: alternates,
    run: async (bench) => {
      const world = await bench.start();
      const first = firstUser(bench.place, bench.variant).username;
      await bench.rotate(world);
      for (const has of [true, false]) {
        world.start();
        await bench.rotate(world);
        await bench.owner(has ? bench.sql.grantUpdate(first) : bench.sql.revokeUpdate(first));
        world.start();
        await bench.rotate(world);
        if (await bench.may(bench.login(world, 'AWSCURRENT'), UPDATE) !== has) { throw new Failure(`it ${has ? 'lacks' : 'has'} the right`); }
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
    appliesTo: exists,
    run: async (bench) => {
      const world = await bench.start();
      await bench.mustSucceed(world, 'createSecret', 'setSecret');
      await bench.owner(bench.sql.lockUser(bench.login(world, 'AWSPENDING').username));
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
    numbers: [71],
    what: 'what one of the users owns, the other one can use and change',
    appliesTo: (variant, place) => alternates(variant) && isPostgres(place),
    run: async (bench) => {
      const world = await bench.start();
      await bench.rotate(world);
      await bench.asUser(bench.login(world, 'AWSCURRENT'), 'CREATE SCHEMA of_both', 'CREATE TABLE of_both.t (id int)');
      await bench.asUser(bench.login(world, 'AWSPREVIOUS'), 'INSERT INTO of_both.t VALUES (1)', 'ALTER TABLE of_both.t ADD more int', 'DROP SCHEMA of_both CASCADE');
    },
  },
  {
    numbers: [72],
    what: 'the users keep their authentication plugin',
    appliesTo: (variant, place) => exists(variant) && !isPostgres(place),
    run: async (bench) => {
      const world = await bench.start();
      const first = firstUser(bench.place, bench.variant).username;
      const plugin = async (user: string) => JSON.stringify(await bench.place.asOwner(`SELECT plugin FROM mysql.user WHERE User = '${user}'`));
      const before = await plugin(first);
      await bench.rotate(world);
      const after = await plugin(bench.login(world, 'AWSCURRENT').username);
      if (before !== after) { throw new Failure(`it was ${before}, and is ${after}`); }
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
      const byHand = { username: firstUser(bench.place, bench.variant).username, password: bench.place.password('by hand') };
      await bench.owner(...bench.sql.createUser(byHand));
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
      const world = await bench.start({ config: { ...config, creationStatements: ['GRANT no_such_role TO {user}', 'SELECT 1'] } as Subject['config'] });
      await bench.mustSucceed(world, 'createSecret');
      await bench.mustFail(world, 'setSecret', 'TargetRefusedError');
      if (!world.lastError!.message.includes('index 0')) { throw new Failure(`the error is ${world.lastError!.message}`); }
      await bench.mustAccept(world, 'AWSPENDING', false);
    },
  },
  {
    numbers: [99],
    what: 'a user with the name of the second one, without proof that it belongs to the pair, stays as it is',
    appliesTo: alternates,
    run: async (bench) => {
      const world = await bench.start();
      const foreign = { username: `${firstUser(bench.place, bench.variant).username}_clone`, password: bench.place.password('by hand') };
      await bench.owner(...bench.sql.createUser(foreign));
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

/** The text within a literal of SQL. Generated passwords have quotes. */
function quotable(text: string, place: Place): string {
  const doubled = text.replaceAll('\'', '\'\'');
  return isPostgres(place) ? doubled : doubled.replaceAll('\\', '\\\\');
}
