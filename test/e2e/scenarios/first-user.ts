import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { startMariaDb, startMySql, startPostgres, type DatabaseServer, type Login } from '../../../servers';
import { connect, isRefusal } from '../../../servers/clients';
import type { Surroundings } from '../app-under-test';
import { STEPS } from '../rotation';
import { pendingVersion, Secret } from '../secret';

interface Engine {
  readonly start: () => Promise<DatabaseServer>;
  /** Run before the deployment, as the master user. */
  readonly prepare: readonly string[];
  readonly creationStatement: string;
  /** What the user may do by the statement alone. */
  readonly use: readonly string[];
}

const TABLES = { prepare: ['CREATE TABLE app.orders (id int)'], creationStatement: 'GRANT SELECT, INSERT ON app.* TO {user}', use: ['INSERT INTO app.orders VALUES (1)', 'SELECT * FROM app.orders'] };

const ENGINES: Readonly<Record<string, Engine>> = {
  PostgreSQL: {
    start: () => startPostgres(),
    prepare: ['CREATE ROLE app_rights', 'CREATE SCHEMA app', 'CREATE TABLE app.orders (id int)', 'GRANT USAGE ON SCHEMA app TO app_rights', 'GRANT SELECT, INSERT ON app.orders TO app_rights'],
    creationStatement: 'GRANT app_rights TO {user}',
    use: ['INSERT INTO app.orders VALUES (1)', 'SELECT * FROM app.orders'],
  },
  MySQL: { start: () => startMySql(), ...TABLES },
  MariaDB: { start: () => startMariaDb(), ...TABLES },
};

/** One deployment, with a superuser secret as RDS makes it: afterwards the user of the app exists, with its rights, and rotates. */
export async function firstUser(surroundings: Surroundings): Promise<void> {
  const { checks } = surroundings;
  const { aws: { secretsManager } } = surroundings;
  for (const [name, engine] of Object.entries(ENGINES)) {
    const server = await checks.need(`${name} starts`, engine.start);
    try {
      const { ARN } = await secretsManager.send(new CreateSecretCommand({
        Name: `rds!db-${name}`, SecretString: JSON.stringify({ username: server.admin.username, password: server.admin.password }),
      }));
      await deploy(surroundings, name, engine, server, ARN!);
    } finally {
      await server.stop();
    }
  }
  checks.check('the run reached its end', true);
}

async function deploy(
  { aws, checks, cdkWith, directory }: Surroundings, name: string, engine: Engine, server: DatabaseServer, superuserSecretArn: string,
): Promise<void> {
  const certificateAuthorityFile = join(directory, `${name}.pem`);
  writeFileSync(certificateAuthorityFile, server.ca);
  const cdk = cdkWith({
    engine: server.engine,
    endpoint: `${server.host}:${server.port}`,
    superuserSecretArn,
    statement: engine.creationStatement,
    certificateAuthorityFile,
    database: server.database,
  });
  const [user, service] = [new Secret(aws.secretsManager, 'app-user', 'password'), new Secret(aws.secretsManager, 'service', 'password')];
  const admin = await connect(server);
  for (const statement of engine.prepare) { await admin.query(statement); }
  await admin.close();
  const logIn = async (value: string, statements: readonly string[] = []) => {
    try {
      const client = await connect(server, { login: JSON.parse(value) as Login });
      for (const statement of statements) { await client.query(statement); }
      await client.close();
      return true;
    } catch (error) {
      if (isRefusal(error)) { return false; }
      throw error;
    }
  };

  await checks.need(`${name}: cdk bootstrap`, () => cdk.bootstrap());
  let isOver = false;
  const deployment = checks.need(`${name}: cdk deploy`, () => cdk.deploy()).finally(() => { isOver = true; });
  const token = await pendingVersion(user, () => isOver);
  const first = await user.current();
  checks.check(`${name}: before the rotation there is no such user, and the service waits`, !await logIn(first.value!) && !await service.exists() && !isOver);
  await rotate(token, 'first rotation');
  await deployment;
  checks.check(`${name}: after the deployment the user has its rights, and the service is there`, await logIn((await user.current()).value!, engine.use) && await service.exists());
  await rotate(await user.rotate(), 'second rotation');
  checks.check(`${name}: after another rotation, both users have them`, await logIn((await user.current()).value!, engine.use));
  checks.check(`${name}: no password is in what the CDK CLI said`, !user.isIn(cdk.output) && !cdk.output.includes(server.admin.password));
  await checks.need(`${name}: cdk destroy`, () => cdk.destroy());

  async function rotate(version: string, title: string): Promise<void> {
    const { ARN, RotationLambdaARN } = await user.describe();
    for (const step of STEPS) {
      const { failed, payload } = await aws.invoke(RotationLambdaARN!.split(':').at(-1)!, { Step: step, SecretId: ARN, ClientRequestToken: version });
      checks.check(`${name}, ${title}: ${step} succeeds`, !failed, user.isIn(payload) ? 'withheld' : payload);
    }
  }
}
