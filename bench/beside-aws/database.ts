import { startMariaDb, startMySql, startPostgres, type DatabaseServer, type Login, type RealEngine, type ServerOptions } from '../../servers';
import { connect, isRefusal, type TestClient } from '../../servers/clients';

export const FIRST_LOGIN: Login = { username: 'app', password: 'first-password-of-all' };
/** How this package marks users of MariaDB that it made: a role without rights. */
const MARK = /^GRANT `cdk-rotating-secret /;
const CLONE = `${FIRST_LOGIN.username}_clone`;

const START: Readonly<Record<RealEngine, (options: ServerOptions) => Promise<DatabaseServer>>> = {
  postgres: startPostgres, mysql: startMySql, mariadb: startMariaDb,
};

/** A server with a user whose password rotates, and a view from outside of what that user and its clone may do. */
export class Database {
  public static async start(engine: RealEngine, options: ServerOptions = {}): Promise<Database> {
    const server = await START[engine](options);
    const tls = options.tls === undefined || options.tls === 'good' ? 'verified' : 'plaintext';
    const root = await connect(server, { login: server.root, tls });
    const database = new Database(server, root, tls);
    await database.prepare();
    return database;
  }

  private constructor(public readonly server: DatabaseServer, private readonly root: TestClient, private readonly tls: 'verified' | 'plaintext') {}

  /** The user as it was at first, without a clone. */
  public async reset(): Promise<void> {
    const { username, password } = FIRST_LOGIN;
    const { engine, database } = this.server;
    const statements = engine === 'postgres'
      ? [`DROP ROLE IF EXISTS ${CLONE}`, `ALTER ROLE ${username} PASSWORD '${password}'`]
      : [
        `DROP USER IF EXISTS ${CLONE}, ${username}`, `CREATE USER ${username} IDENTIFIED BY '${password}'`,
        `GRANT SELECT, INSERT, CREATE, DROP ON ${database}.* TO ${username}`, `GRANT UPDATE ON ${database}.visits TO ${username}`,
        `GRANT SELECT ON reports.* TO ${username}`,
      ];
    for (const statement of statements) { await this.root.query(statement); }
  }

  /** Whether the server lets in who has these credentials. */
  public async accepts(login: Login): Promise<boolean> {
    try {
      await (await connect(this.server, { login, tls: this.tls })).close();
      return true;
    } catch (error) {
      if (isRefusal(error)) { return false; }
      throw error;
    }
  }

  /** Whether the first user may insert. */
  public async mayInsert(): Promise<boolean> {
    return /"INSERT":true|INSERT.* ON/.test(await this.rightsOf(FIRST_LOGIN.username));
  }

  /** What a user may do, in a form that doesn't name it. */
  public async rightsOf(username: string): Promise<string> {
    const { engine, database } = this.server;
    if (engine === 'postgres') {
      const rights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((right) => `has_table_privilege('${username}', 'visits', '${right}') AS "${right}"`);
      return JSON.stringify(await this.root.query(`SELECT ${rights.join(', ')}, has_database_privilege('${username}', '${database}', 'CREATE') AS "CREATE"`));
    }
    const grants = await this.root.query(`SHOW GRANTS FOR ${username}`);
    return grants.map((row) => String(Object.values(row)[0]).split(' TO ')[0]).filter((grant) => !MARK.test(grant)).sort().join('; ');
  }

  /** Gives the first user the right to insert, or takes it away. */
  public async letInsert(may: boolean): Promise<void> {
    const { engine, database } = this.server;
    const right = `INSERT ON ${engine === 'postgres' ? 'visits' : `${database}.*`}`;
    await this.root.query(may ? `GRANT ${right} TO ${FIRST_LOGIN.username}` : `REVOKE ${right} FROM ${FIRST_LOGIN.username}`);
  }

  public async stop(): Promise<void> {
    await this.root.close();
    await this.server.stop();
  }

  /** The table, and the user as the server's admin makes it, so that the admin may grant its rights. */
  private async prepare(): Promise<void> {
    const { admin, database, engine } = this.server;
    await this.root.query('CREATE TABLE visits (n integer)');
    await this.root.query('CREATE DATABASE reports');
    if (engine === 'postgres') {
      const client = await connect(this.server, { login: admin, tls: this.tls });
      await client.query(`CREATE ROLE ${FIRST_LOGIN.username} LOGIN`);
      await client.query(`GRANT CREATE ON DATABASE ${database} TO ${FIRST_LOGIN.username}`);
      await client.close();
      await this.root.query(`GRANT SELECT, INSERT ON visits TO ${FIRST_LOGIN.username}`);
    }
    await this.reset();
  }
}
