/*
 * The rotation contract's cases of crashes, lost replies and races in setSecret, on real servers. Wherever the function dies or the network
 * fails, the same sequence with the same token completes. Meanwhile some labelled version always logs in. With alternating users, AWSCURRENT
 * does.
 */
import { created, dialledVersions, expectNoSecrets, fails, passwordStatements } from './failing';
import { DatabaseHarness, KINDS, letsIn, MARIADB, MYSQL, POSTGRES, REDSHIFT, STRATEGIES, type Connection, type Strategy } from './fixture';
import { Proxy, type DatabaseServer } from '../../../../servers';
import { failure } from '../../../harness';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

describe.each([POSTGRES, MARIADB, MYSQL, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  /** Must be true at every instant. */
  async function expectLogin(h: DatabaseHarness, strategy: Strategy): Promise<void> {
    if (strategy === 'alternatingUsers' || await letsIn(server, h.login('AWSCURRENT'))) {
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    } else {
      expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
    }
  }

  test.each(STRATEGIES)('cases 55, 56, 57: %s: the function dies before or after any statement of setSecret', async (strategy) => {
    let life = new Life();
    const make = () => DatabaseHarness.make(server, { strategy, connection: (connection) => life.wrap(connection) });

    const whole = await make();
    await whole.step(await created(whole), 'setSecret');
    const { statements } = life;
    expect(statements.filter((sql) => CHANGES.test(sql)).length).toBeGreaterThan(0);

    for (let n = 1; n <= statements.length; n++) {
      for (const phase of ['before', 'after'] as const) {
        const h = await make();
        const rotation = await created(h);
        life = new Life(n, phase);
        await failure(h.step(rotation, 'setSecret'));
        expect(life.statements).toHaveLength(n);
        await expectLogin(h, strategy);

        life = new Life();
        await h.steps(rotation, ...STEPS);
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
        if (strategy === 'alternatingUsers') { expect(await letsIn(server, h.login('AWSPREVIOUS'))).toBe(true); }
        expectNoSecrets(h);
      }
    }
  });

  test.each(STRATEGIES)('case 56: %s: the reply to any write is lost, and the effect on the server is found out', async (strategy) => {
    const proxy = await Proxy.start(server.port);
    try {
      const make = () => DatabaseHarness.make(server, { strategy, changes: { port: proxy.port }, superuserChanges: { port: proxy.port } });
      const whole = await make();
      const first = await created(whole);
      proxy.cutAtWrite(Infinity);
      await whole.step(first, 'setSecret');
      const once = await passwordStatements(server, whole.login('AWSPENDING').username);
      const { writes } = proxy;
      expect(writes).toBeGreaterThan(5);

      let foundOut = 0;
      for (let n = 1; n <= writes; n++) {
        const h = await make();
        const rotation = await created(h);
        proxy.cutAtWrite(n);
        let succeeded = false;
        const attempt = h.step(rotation, 'setSecret').then(() => { succeeded = true; });
        await attempt.catch(() => {});
        if (!succeeded) { await fails(h, attempt, 'ConnectivityError', /can't be reached, or doesn't answer in time/); }
        proxy.cutAtWrite(Infinity);
        await expectLogin(h, strategy);
        const { username } = h.login('AWSPENDING');
        const wasSet = await letsIn(server, h.login('AWSPENDING'));
        if (succeeded) { expect(wasSet).toBe(true); }
        const before = await passwordStatements(server, username);
        if (wasSet) {
          // Completed work is not repeated.
          expect(before).toBe(once);
          if (succeeded) { foundOut++; }
        }
        h.dialled.length = 0;
        await h.step(rotation, 'setSecret');
        if (wasSet) {
          expect(dialledVersions(h)).toEqual(strategy === 'alternatingUsers' ? ['AWSCURRENT', 'superuser', 'AWSPENDING'] : ['AWSCURRENT', 'AWSPENDING']);
          expect(await passwordStatements(server, username)).toBe(before);
        }
        await h.steps(rotation, 'testSecret', 'finishSecret');
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
        expectNoSecrets(h);
      }
      expect(foundOut).toBeGreaterThan(0);
    } finally {
      await proxy.stop();
    }
  });
});

describe.each([...KINDS, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  test.each(STRATEGIES)('case 61: %s: two setSecret with one token converge', async (strategy) => {
    for (let i = 0; i < 5; i++) {
      const h = await DatabaseHarness.make(server, { strategy });
      const rotation = await created(h);
      await Promise.all([h.handler, h.makeHandler(), h.makeHandler()].map((handler) => h.step(rotation, 'setSecret', handler)));
      await h.steps(rotation, 'testSecret', 'finishSecret');
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      if (strategy === 'alternatingUsers') { expect(await letsIn(server, h.login('AWSPREVIOUS'))).toBe(true); }
    }
  });
});

const CHANGES = /^(ALTER|CREATE|GRANT|SET PASSWORD)\b/;

/** The life of a function, which may end at a statement. From then on it does nothing. */
class Life {
  public readonly statements: string[] = [];
  private isOver = false;

  constructor(private readonly endsAt = Infinity, private readonly phase: 'before' | 'after' = 'before') {}

  public wrap(connection: Connection): Connection {
    if (this.isOver) { this.end(connection); }
    return {
      ...connection,
      query: async (sql, parameters) => {
        if (this.isOver) { this.end(connection); }
        this.statements.push(sql);
        const isLast = this.statements.length === this.endsAt;
        if (isLast && this.phase === 'before') { this.end(connection); }
        try {
          return await connection.query(sql, parameters);
        } finally {
          if (isLast) { this.end(connection); }
        }
      },
      close: async () => {
        await connection.close();
        if (this.isOver) { this.end(connection); }
      },
    };
  }

  private end(connection: Connection): never {
    this.isOver = true;
    void connection.close();
    throw new Error('The function died');
  }
}
