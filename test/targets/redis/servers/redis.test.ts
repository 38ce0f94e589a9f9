/*
 * The cases of the rotation contract on real servers: two passwords at a time (87 to 93), and those of any target with a login.
 */
import { connect } from 'node:tls';
import { inspect } from 'node:util';
import { caOf, makeUser, PRODUCTS, RedisHarness, startNodes, type RedisHarnessOptions } from './fixture';
import type { ConnectRedis } from '../../../../lambda-src/redis/connection';
import { RotationError } from '../../../../lambda-src/rotation/errors';
import type { Resolve } from '../../../../lambda-src/targets/redis/target';
import { Proxy } from '../../../../servers';
import { hashOf, letsInRedis, RedisProbe, runRedis, startRedis, type RedisServer } from '../../../../servers/redis/redis';
import type { StartedRotation } from '../../../../simulator';
import { failure } from '../../../harness';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** Checks that a step failed as it must: a named error that says what to do, and no value in it or in the log. */
async function fails(h: RedisHarness, step: Promise<void>, name: string, text: RegExp): Promise<void> {
  const error = await failure(step);
  expect(error).toBeInstanceOf(RotationError);
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*(?:${text.source})`));
  expect(error.message).toMatch(/\. [A-Z]/);
  expectNothingSaid(h, inspect(error, { depth: 9, showHidden: true }));
}

function expectNothingSaid(h: RedisHarness, ...said: string[]): void {
  const all = [...said, ...h.log.map((line) => JSON.stringify(line))].join('\n');
  for (const password of h.passwords) {
    expect(all).not.toContain(password);
    expect(all).not.toContain(hashOf(password));
  }
  expect(all).not.toContain(h.user.username);
}

async function created(h: RedisHarness): Promise<StartedRotation> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  return rotation;
}

describe.each(PRODUCTS)('$name', ({ product }) => {
  let server: RedisServer;
  beforeAll(async () => { server = await startRedis({ product }); });
  afterAll(() => server.stop());
  const make = (options?: RedisHarnessOptions) => RedisHarness.make(server, options);

  test('cases 87, 88: setSecret keeps the current password, however often it runs, and both are accepted', async () => {
    const h = await make();
    const rotation = await created(h);
    for (let i = 0; i < 4; i++) {
      await h.step(rotation, 'setSecret', i === 2 ? h.makeHandler() : h.handler);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await h.isAccepted('AWSPENDING')).toBe(true);
    }
    expect(await h.hashes()).toEqual([h.hashOf('AWSCURRENT'), h.hashOf('AWSPENDING')]);
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expectNothingSaid(h);
  });

  test('case 89: AWSCURRENT and AWSPREVIOUS are accepted after each rotation, and what is older is removed', async () => {
    const h = await make();
    const seen = [h.hashOf('AWSCURRENT')];
    for (let i = 1; i <= 5; i++) {
      await h.rotate();
      seen.push(h.hashOf('AWSCURRENT'));
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
      expect(await h.hashes()).toEqual(seen.slice(-3));
    }
    expect(await letsInRedis(server, h.user)).toBe(false);
  });

  test('case 90: passwords from elsewhere are removed, but not in the first rotation', async () => {
    const h = await make();
    const other = { username: h.user.username, password: 'password-of-somebody-else' };
    await makeUser([server], other, `#${hashOf(h.user.password)}`);
    await h.rotate();
    expect(await letsInRedis(server, other)).toBe(true);
    await h.rotate();
    await h.rotate();
    expect(await letsInRedis(server, other)).toBe(false);
  });

  test('the log has the number of passwords that setSecret removed, and none of the passwords', async () => {
    const counts = (h: RedisHarness) => h.log.filter(({ message }) => message === 'setSecret succeeded').map(({ removedPasswords }) => removedPasswords);
    const h = await make();
    const other = { username: h.user.username, password: 'password-of-somebody-else' };
    await makeUser([server], other, `#${hashOf('password-of-another-one')}`, `#${hashOf(h.user.password)}`);
    for (let i = 0; i < 4; i++) { await h.rotate(); }
    expect(counts(h)).toEqual([0, 2, 1, 1]);
    const rotation = await created(h);
    await h.steps(rotation, 'setSecret', 'setSecret');
    expect(counts(h).slice(4)).toEqual([1, 0]);
    expect(h.log.filter(({ removedPasswords }) => removedPasswords !== undefined).map(({ step }) => step)).toEqual(Array(6).fill('setSecret'));
    expectNothingSaid(h);
    expect(JSON.stringify(h.log)).not.toContain(hashOf(other.password));
  });

  test('a password that was added after the current one is kept: it may be that of a later rotation', async () => {
    const h = await make();
    await h.rotate();
    await h.rotate();
    const rotation = await created(h);
    const later = { username: h.user.username, password: 'password-of-a-later-rotation' };
    await runRedis(server, server.root, ['ACL', 'SETUSER', later.username, `#${hashOf(later.password)}`]);
    await h.step(rotation, 'setSecret');
    expect(await letsInRedis(server, later)).toBe(true);
    expect(await letsInRedis(server, h.user)).toBe(false);
  });

  test('AWSPREVIOUS is read by its id, so a stale read of the label removes no password that is in use', async () => {
    const h = await make();
    await h.rotate();
    await h.rotate();
    await h.rotate();
    const rotation = await created(h);
    let reads = 0;
    // As before the last rotation, when another version had the label.
    h.simulator.lag = ({ operation, input }) => operation === 'GetSecretValue' && (input as { VersionStage?: string }).VersionStage === 'AWSPREVIOUS' ? ++reads && 5 : 0;
    await h.step(rotation, 'setSecret');
    h.simulator.lag = undefined;
    expect(reads).toBe(0);
    expect(await h.hashes()).toEqual([h.hashOf('AWSPREVIOUS'), h.hashOf('AWSCURRENT'), h.hashOf('AWSPENDING')]);
  });

  test('a rollback by hand, at any read of setSecret, leaves every version that has a label accepted', async () => {
    // To AWSPREVIOUS, and to the version before it, whose password the rotation is about to remove.
    for (const back of [1, 2]) {
      for (let at = 0, seen = 0; at <= seen; at++) {
        const h = await make();
        const versions = [h.secret.stages.AWSCURRENT];
        for (let i = 0; i < 2; i++) {
          await h.rotate();
          versions.unshift(h.secret.stages.AWSCURRENT);
        }
        const rotation = await created(h);
        seen = 0;
        h.simulator.lag = () => {
          if (seen++ === at) {
            h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSCURRENT', MoveToVersionId: versions[back], RemoveFromVersionId: versions[0] });
          }
          return 0;
        };
        await h.step(rotation, 'setSecret').catch((error: Error) => { expect(error).toBeInstanceOf(RotationError); });
        h.simulator.lag = undefined;
        expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      }
    }
  });

  test('right before it removes a password, it looks at the labels again', async () => {
    const h = await make();
    await h.rotate();
    await h.rotate();
    const rotation = await created(h);
    const before = await h.hashes();
    let described = 0;
    h.simulator.lag = ({ operation }) => {
      if (operation === 'DescribeSecret' && ++described === 2) {
        h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: rotation.token });
      }
      return 0;
    };
    await fails(h, h.step(rotation, 'setSecret'), 'VersionNotPendingError', /does not have the staging label AWSPENDING/);
    expect(await h.hashes()).toEqual([...before, hashOf((JSON.parse(h.value(rotation.token)) as { password: string }).password)]);
  });

  test('after a change of another key by hand, the next rotation removes no password', async () => {
    const h = await make();
    await h.rotate();
    const [first, second] = await h.hashes();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), note: 'by hand' }) });
    await h.rotate();
    expect(await h.hashes()).toEqual([first, second, h.hashOf('AWSCURRENT')]);
  });

  test('a server that has only the previous password gets the current one too, before the pending one', async () => {
    const h = await make();
    await h.rotate();
    await makeUser([server], h.login('AWSPREVIOUS'));
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    expect(await h.hashes()).toEqual([h.hashOf('AWSPREVIOUS'), h.hashOf('AWSCURRENT'), h.hashOf('AWSPENDING')]);
  });

  test('the commands on the wire carry no password, but for AUTH', async () => {
    const h = await make();
    await h.rotate();
    await h.rotate();
    await h.rotate();
    const [logins, others] = [h.commands.filter(({ args }) => args[0] === 'AUTH'), h.commands.filter(({ args }) => args[0] !== 'AUTH')];
    expect(logins).toHaveLength(6);
    expect(new Set(others.map(({ args }) => args.slice(0, 2).join(' ')))).toEqual(new Set(['ACL WHOAMI', 'ACL GETUSER', 'ACL SETUSER', 'ACL SAVE']));
    expect(h.sentInClear).toBe(false);
  });

  test('rights of the user stay, and its sessions go on', async () => {
    const h = await make();
    const rights = async () => (await runRedis(server, server.root, ['ACL', 'LIST'])).filter((line) => line.startsWith(`user ${h.user.username} `)).map((line) => line.replace(/ #[0-9a-f]{64}/g, ''));
    const before = await rights();
    const session = new RedisProbe(server);
    expect(await session.letsIn(h.user)).toBe(true);
    for (let i = 0; i < 3; i++) { await h.rotate(); }
    expect(await rights()).toEqual(before);
    expect(before).toHaveLength(1);
    expect(await letsInRedis(server, h.user)).toBe(false);
    expect(await session.ask('GET', 'nothing')).toBe('$-1');
    session.close();
  });

  test('cases 43, 46: testSecret logs in as a user without any right, and alone it writes nothing', async () => {
    const h = await make();
    await makeUser([server], h.user, '-@all', 'resetkeys');
    const rotation = h.start();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString: h.value('AWSCURRENT'), VersionStages: ['AWSPENDING'] });
    await h.step(rotation, 'testSecret');
    expect(h.commands.map(({ args: [name, what] }) => name === 'AUTH' ? name : `${name} ${what}`)).toEqual(['AUTH', 'ACL WHOAMI']);
    expect(h.writes).toEqual([]);
  });

  test('case 44: testSecret fails if only the current password works, and does not ask again', async () => {
    const h = await make();
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', /does not accept the pending credentials/);
    expect(h.commands.map(({ args }) => args[0])).toEqual(['AUTH']);
    expect(h.sleeps).toEqual([]);
  });

  test.each<[string, string[], string, RegExp]>([
    ['nopass', ['nopass'], 'TargetRefusedError', /accepts the user with any password \(nopass\)/],
    ['turned off', ['off'], 'TargetRefusedError', /has turned the user off/],
    ['cases 28, 37: without a password of any version', ['resetpass', `>${'x'.repeat(20)}`], 'AuthenticationError', /accepts neither the current password/],
  ])('refuses a user who is %s, and changes nothing', async (_, rules, name, text) => {
    const h = await make();
    await runRedis(server, server.root, ['ACL', 'SETUSER', h.user.username, ...rules]);
    const before = await runRedis(server, server.root, ['ACL', 'LIST']);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), name, text);
    expect(await runRedis(server, server.root, ['ACL', 'LIST'])).toEqual(before);
  });

  test('refuses a user that does not exist, and does not make it', async () => {
    const h = await make();
    await runRedis(server, server.root, ['ACL', 'DELUSER', h.user.username]);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /has no user with the name/);
    expect(await runRedis(server, server.root, ['ACL', 'USERS'])).not.toContain(h.user.username);
  });

  test('case 26: the previous password is proof enough', async () => {
    const h = await make();
    await h.rotate();
    await makeUser([server], h.login('AWSPREVIOUS'));
    const rotation = await created(h);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 24: a pending version for another host or user is sent nowhere', async () => {
    for (const changes of [{ host: 'elsewhere.invalid' }, { username: 'superuser' }, { port: 1 }]) {
      const h = await make();
      const rotation = h.start();
      const SecretString = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password: 'pending-password', ...changes });
      h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
      await fails(h, h.step(rotation, 'setSecret'), 'SecretMismatchError', /differs from the current one/);
      await fails(h, h.step(rotation, 'testSecret'), 'SecretMismatchError', /"host" and "port" differ|not that of the current one/);
      expect(h.commands).toEqual([]);
    }
  });

  test('cases 39, 40: the superuser secret is of the same server, of another user, and its password works', async () => {
    for (const [superuserChanges, name, text] of [
      [{ host: 'elsewhere.invalid' }, 'SecretMismatchError', /the superuser secret and the secret/],
      [{ password: 'not-the-password' }, 'AuthenticationError', /does not accept the credentials of the superuser secret superuser/],
      [{ username: '' }, 'SecretValueError', /In the superuser secret superuser: .*"username"/],
    ] as const) {
      const h = await make({ superuserChanges });
      const before = await h.hashes();
      await fails(h, h.step(await created(h), 'setSecret'), name, text);
      expect(await h.hashes()).toEqual(before);
    }
    const h = await RedisHarness.make(server, { user: server.superuser });
    const error = await failure(h.step(await created(h), 'setSecret'));
    expect(error.message).toMatch(/has the user whose password it would change/);
  });

  test('a superuser without the rights is told which', async () => {
    const weak = { username: 'weak', password: 'password-of-the-weak' };
    await runRedis(server, server.root, ['ACL', 'SETUSER', weak.username, 'reset', 'on', `#${hashOf(weak.password)}`, '-@all', '+acl|getuser']);
    const h = await make({ superuserChanges: weak });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /refused ACL SETUSER with NOPERM\. .*\+acl\|setuser \+acl\|getuser \+acl\|save/);
  });

  test('case 32: any printable character in the password, and in the name of the user', async () => {
    const user = { username: 'ünder_"quoted\'\\$;%~*&|<>{}', password: 'p "\'\\;$%~*&|\u00fc\u{1F511}\t#!>' };
    await makeUser([server], user);
    const h = await RedisHarness.make(server, { user, config: { passwordPolicy: { includeSpace: true, passwordLength: 100 } } });
    await h.rotate();
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
  });

  test('cases 61, 88: copies of setSecret with one token converge', async () => {
    const h = await make();
    await h.rotate();
    await h.rotate();
    await h.rotate();
    const rotation = await created(h);
    await Promise.all([h.handler, h.makeHandler(), h.makeHandler()].map((handler) => h.step(rotation, 'setSecret', handler)));
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
    expect(new Set(await h.hashes()).size).toBe(3);
  });

  test('cases 29, 33: a server that hangs or refuses connections fails the step in time', async () => {
    const proxy = await Proxy.start(server.port);
    try {
      const h = await make({ changes: { port: proxy.port }, superuserChanges: { port: proxy.port } });
      const rotation = await created(h);
      h.remaining = 3_000;
      proxy.blackHole();
      await fails(h, h.step(rotation, 'setSecret'), '(StepTimeoutError|ConnectivityError)', /near|in time/);
      await proxy.refuse();
      h.remaining = 30_000;
      await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', /can't be reached, or doesn't answer in time/);
      await proxy.forward();
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    } finally {
      await proxy.stop();
    }
  });

  test('case 92: a restart after any step, what was acknowledged still holds', async () => {
    const h = await make();
    for (let i = 0; i < 3; i++) {
      const rotation = h.start();
      for (const step of STEPS) {
        await h.step(rotation, step);
        await server.kill();
        await server.restart();
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
        if (step === 'setSecret' || step === 'testSecret') { expect(await h.isAccepted('AWSPENDING')).toBe(true); }
        if (i > 0) { expect(await h.isAccepted('AWSPREVIOUS')).toBe(true); }
      }
      h.simulator.completeRotation(h.arn);
    }
    expect(await h.hashes()).toEqual(expect.arrayContaining([h.hashOf('AWSCURRENT'), h.hashOf('AWSPREVIOUS')]));
  });

  test('case 92: the server is killed and restarted before and after each command of setSecret, and the retry completes', async () => {
    let count = 0;
    let endsAt = Infinity;
    let phase: 'before' | 'after' = 'before';
    const dying = (dial: ConnectRedis): ConnectRedis => async (...login) => {
      const connection = await dial(...login);
      return {
        ...connection,
        close: () => connection.close(),
        command: async (...args) => {
          const isLast = ++count === endsAt;
          if (isLast && phase === 'before') { await server.kill(); await server.restart(); }
          const reply = await connection.command(...args);
          if (isLast) { await server.kill(); await server.restart(); }
          return reply;
        },
      };
    };
    const prepared = async () => {
      endsAt = Infinity;
      const h = await make({ connect: dying });
      await h.rotate();
      await h.rotate();
      return { h, rotation: await created(h) };
    };
    const { h: whole, rotation: first } = await prepared();
    count = 0;
    await whole.step(first, 'setSecret');
    const commands = count;
    // AUTH, WHOAMI, GETUSER, SETUSER to add and to remove, SAVE
    expect(commands).toBe(6);
    for (const when of ['before', 'after'] as const) {
      for (let n = 1; n <= commands; n++) {
        const { h, rotation } = await prepared();
        [count, endsAt, phase] = [0, n, when];
        await h.step(rotation, 'setSecret').catch((error: Error) => { expect(error.name).toBe('ConnectivityError'); });
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
        expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
        endsAt = Infinity;
        await h.steps(rotation, ...STEPS);
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
        expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
        expect(await h.hashes()).toHaveLength(3);
        expectNothingSaid(h);
      }
    }
  });

  test('without an ACL file it says that a restart undoes the rotation, and after one it says what to do', async () => {
    const other = await startRedis({ product, aclFile: false });
    try {
      const h = await RedisHarness.make(other);
      await h.rotate();
      expect(h.log.filter(({ level }) => level === 'WARN').map(({ message, step }) => `${step}: ${message}`)).toEqual([
        'setSecret: A restart will undo the rotation, because there is no ACL file: The server. Before any restart, write the output of ACL LIST into a file, one user a line. Remove the lines with user and '
        + 'requirepass from the configuration, and set aclfile to the file. Then restart the server',
      ]);
      await other.kill();
      await other.restart();
      const rotation = await created(h);
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /has no user/);
    } finally {
      await other.stop();
    }
  });
});

describe.each(PRODUCTS)('$name, three nodes', ({ product }) => {
  let servers: RedisServer[];
  beforeAll(async () => { servers = await startNodes(product, 3); });
  afterAll(async () => { for (const server of servers) { await server.stop(); } });
  const make = () => RedisHarness.make(servers[0], { nodes: servers.slice(1), config: { certificateAuthority: caOf(servers) } });

  test('the log counts a removed password once for all nodes', async () => {
    const h = await make();
    for (let i = 0; i < 3; i++) { await h.rotate(); }
    expect(h.log.filter(({ message }) => message === 'setSecret succeeded').map(({ removedPasswords }) => removedPasswords)).toEqual([0, 0, 1]);
  });

  test('case 91: one is down, and nothing is promoted or changed; the retry completes, and all agree', async () => {
    const h = await make();
    await h.rotate();
    for (const down of servers) {
      const rotation = await created(h);
      await down.kill();
      await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', new RegExp(`Node ${servers.indexOf(down) + 1} of 3 \\(localhost:${down.port}\\) can't be reached`));
      for (const server of servers.filter((each) => each !== down)) { expect(await h.hashes(server)).not.toContain(h.hashOf('AWSPENDING')); }
      await down.restart();
      await h.step(rotation, 'setSecret');
      await down.kill();
      await fails(h, h.step(rotation, 'testSecret'), 'ConnectivityError', /can't be reached/);
      expect(h.secret.stages.AWSPENDING).toBe(rotation.token);
      await down.restart();
      await h.steps(rotation, ...STEPS);
      h.simulator.completeRotation(h.arn);
      const [one, two, three] = await Promise.all(servers.map((server) => h.hashes(server)));
      expect(two).toEqual(one);
      expect(three).toEqual(one);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
    }
  });

  test('refuses before any node is changed, if one of them doesn\'t know the user', async () => {
    const h = await make();
    await runRedis(servers[2], servers[2].root, ['ACL', 'DELUSER', h.user.username]);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /Node 3 of 3 .* has no user/);
    expect(await h.hashes()).toEqual([hashOf(h.user.password)]);
  });
});

describe.each(PRODUCTS)('$name, two servers behind one name', ({ product }) => {
  let servers: RedisServer[];
  beforeAll(async () => {
    const one = await startRedis({ product });
    servers = [one, await startRedis({ product, address: '127.0.0.2', port: one.port })];
  });
  afterAll(async () => { for (const server of servers) { await server.stop(); } });
  const address = (...addresses: string[]) => addresses.map((each) => ({ address: each, family: each.includes(':') ? 6 : 4 }));
  const make = (resolve: Resolve) => {
    return RedisHarness.make(servers[0], { nodes: servers.slice(1), resolve, config: { certificateAuthority: caOf(servers) } });
  };

  test('case 93: each of them gets the password, and has to accept it', async () => {
    const h = await make(async () => address('127.0.0.1', '127.0.0.2', '127.0.0.1', '::1'));
    const rotation = await created(h);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(h.commands.filter(({ args }) => args[0] === 'AUTH')).toHaveLength(4);
  });

  test('case 93: if they disagree, testSecret fails', async () => {
    for (const [i, server] of servers.entries()) {
      const h = await make(async () => address('127.0.0.1', '127.0.0.2'));
      const rotation = await created(h);
      await h.step(rotation, 'setSecret');
      await runRedis(server, server.root, ['ACL', 'SETUSER', h.user.username, `!${h.hashOf('AWSPENDING')}`]);
      await fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', new RegExp(`The server, at 127\\.0\\.0\\.${i + 1}, does not accept the pending`));
    }
  });

  test('if one is down, no server is changed', async () => {
    const h = await make(async () => address('127.0.0.1', '127.0.0.3'));
    const before = await h.hashes();
    await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /The server, at 127\.0\.0\.3, can't be reached/);
    expect(await h.hashes()).toEqual(before);
  });

  test('a name without an address', async () => {
    const h = await make(() => Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hashOf('x')}`), { code: 'ENOTFOUND' })));
    await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /name of The server can't be resolved \(ENOTFOUND\)/);
  });
});

describe.each(PRODUCTS)('a server without ACL file, $name', ({ product }) => {
  test('what the warning says keeps the rotated password over a restart', async () => {
    const without = await startRedis({ product, aclFile: false });
    try {
      const h = await RedisHarness.make(without);
      await h.rotate();
      const users = (await runRedis(without, without.root, ['ACL', 'LIST'])).filter((line) => line.startsWith('user '));
      await without.kill();
      without.giveAclFile(users);
      await without.restart();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      await h.rotate();
      expect(h.log.filter(({ level }) => level === 'WARN')).toHaveLength(1);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
    } finally {
      await without.stop();
    }
  });
});

describe.each(PRODUCTS)('case 66: TLS, $name', ({ product }) => {
  test.each([
    ['wrongHost', 'TlsError', /no certificate to trust/], ['expired', 'TlsError', /no certificate to trust/], ['unknownCa', 'TlsError', /no certificate to trust/],
    ['none', 'ConnectivityError', /doesn't answer with TLS in time/],
  ] as const)('refuses a server with %s', async (tls, name, text) => {
    const server = await startRedis({ product, tls });
    try {
      const h = await RedisHarness.make(server, { user: { username: 'user_tls', password: 'first-password' } });
      await fails(h, h.step(await created(h), 'setSecret'), name, text);
      expect(h.commands).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test.each([
    ['TLS 1.3, after the handshake', 'TLSv1.3', /asks for a client certificate.* \(ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED\)\. The function has no/],
    ['TLS 1.2', 'TLSv1.2', /asks for a client certificate.* \(ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE\), so no credential was sent\. The function has no/],
  ])('says that a server asks for a client certificate, with %s', async (_, version, text) => {
    const server = await startRedis({ product, asksForCertificates: true, settings: [`tls-protocols ${version}`] });
    try {
      const h = await RedisHarness.make(server, { user: { username: 'user_tls', password: 'first-password' } });
      await fails(h, h.step(await created(h), 'setSecret'), 'TlsError', text);
    } finally {
      await server.stop();
    }
  });

  test('says why a server with too many clients closes the connection', async () => {
    const server = await startRedis({ product, settings: ['maxclients 1'] });
    const root = await startBlocking(server);
    try {
      const h = await RedisHarness.make(server, { user: { username: 'user_tls', password: 'first-password' } });
      await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /room for one more client \(maxclients\)/);
    } finally {
      root();
      await server.stop();
    }
  });
});

/** Takes the only place for a client. */
async function startBlocking(server: RedisServer): Promise<() => void> {
  const socket = connect({ host: 'localhost', port: server.port, ca: server.ca, servername: 'localhost' });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return () => { socket.destroy(); };
}
