import type { Dialect, SqlGround } from './dialect';
import { connect, type TestClient } from '../../../../servers/clients';
import { databaseSubject, firstUser, makeApp, type Place, type Variant } from '../../../proof/database-subject';
import type { Ground, Kind, Owner, Run, Strategy } from '../../kind';
import { passwordsOf } from '../../passwords';
import { UsageError } from '../../usage-error';

/** A database with SQL. */
export function sqlKind(dialect: Dialect): Kind {
  const { engine, schemes, port, database } = dialect;
  return {
    schemes,
    port,
    database,
    connect: async (address) => ownerOf(dialect, await connect({ engine, ...address })),
    open: (run) => open(dialect, run),
  };
}

function ownerOf(dialect: Dialect, client: TestClient): Owner {
  return {
    product: async () => {
      const product = await dialect.product(client);
      if (!dialect.isOwn(product)) { throw new UsageError(`The target is ${dialect.engine}, and the server is ${product}. Give the target of the server`); }
      return product;
    },
    databases: () => dialect.databases(client),
    otherSessions: () => dialect.otherSessions(client),
    lock: dialect.lock ? { take: () => dialect.lock!(client) } : {
      mark: async (name) => { await client.query(dialect.mark!(name)); },
      unmark: async (name) => { await client.query(dialect.unmark!(name)); },
    },
    names: () => dialect.names(client),
    make: (run) => dialect.make(client, run),
    sessions: (prefix) => dialect.sessions(client, prefix),
    remove: (prefix) => dialect.remove(client, prefix),
    close: () => client.close(),
  };
}

async function open(dialect: Dialect, run: Run): Promise<Ground> {
  const { prefix, seed } = run;
  const address = { engine: dialect.engine, ...run.address, ...dialect.at(run) };
  const client = await connect(address);
  const place: Place = { ...address, prefix, password: passwordsOf(seed), asOwner: (sql) => client.query(sql), hasOtherOwner: false };
  for (const statement of [...dialect.prepare(prefix), ...makeApp(place)]) { await client.query(statement); }
  return { strategies: dialect.variants.map((variant) => strategyOf(dialect, place, variant)), close: () => client.close() };
}

function strategyOf(dialect: Dialect, place: Place, variant: Variant): Strategy {
  const { config, creationStatements, alternates, startsRefused, hasEndpoint } = variant;
  const { prefix, engine, admin } = place;
  const owner = async (...statements: string[]) => {
    for (const statement of statements) { await place.asOwner(statement); }
  };
  const ground: SqlGround = {
    place,
    asUser: async (login, ...statements) => {
      const client = await connect(place, { login });
      try {
        for (const statement of statements) { await client.query(statement); }
      } finally {
        await client.close();
      }
    },
  };
  return {
    name: variant.name,
    user: firstUser(place, variant),
    alternates,
    isDual: config.dualPasswords,
    hasSuperuser: config.superuserSecretArn !== undefined,
    creates: creationStatements !== undefined,
    startsRefused,
    hasEndpoint,
    // A user who adds its own password finds out with a statement that changes nothing that it has it: case 88.
    isRepeatedWithoutWrites: config.dualPasswords !== true || config.superuserSecretArn !== undefined,
    awkwardPasswords: dialect.awkwardPasswords,
    superuserCalls: new RegExp(`^log in as ${admin.username}$`),
    failingStatement: engine === 'redshift' ? 'GRANT ROLE no_such_role TO {user}' : 'GRANT no_such_role TO {user}',
    subject: () => databaseSubject('acceptance', place, variant),
    setPassword: async ({ username, password }) => {
      await owner(...dialect.setPassword({ username, password }));
    },
    lockUser: (username) => owner(dialect.lockUser(username)),
    createUser: (login) => owner(...dialect.createUser(login, prefix)),
    right: {
      give: (username) => owner(dialect.giveRight(username, prefix)),
      take: (username) => owner(dialect.takeRight(username, prefix)),
      has: (login) => ground.asUser(login, `UPDATE ${dialect.table(prefix)} SET id = 1`).then(() => true, () => false),
    },
    ownCases: dialect.ownCases.map(({ run, ...rest }) => ({ ...rest, run: (bench) => run(bench, ground) })),
  };
}
