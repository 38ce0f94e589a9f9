import { readFile } from 'node:fs/promises';
import type { Postgres, User } from './postgres.js';
import {
  CONFIG_VARIABLE, FunctionProcess, HANDLER, POSTGRES_ASSET, rotate, SecretsManagerServer, SecretsManagerSimulator, serializeConfig,
} from './repository.js';

/** What a call to Secrets Manager takes within a region, in milliseconds, as an order of magnitude. */
const LATENCY = 10;
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';
const SCHEMA = new URL('../schema.sql', import.meta.url);

export type Strategy = 'alternating users' | 'single user';

/** The variables of a process that may talk to an account's Secrets Manager. */
export function awsEnvironment(url: string): Record<string, string> {
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
  };
}

/** An account with one secret of a user of the database, and the function that rotates it. */
export class Account {
  /** @param username a user that isn't there yet */
  static async open(postgres: Postgres, strategy: Strategy, username: string): Promise<Account> {
    const user = await makeUser(postgres, username);
    const simulator = new SecretsManagerSimulator();
    const secretOf = (login: User) => JSON.stringify({ ...postgres.address, ...login });
    const secretId = simulator.createSecret('orders/database', secretOf(user));
    const superuserSecretArn = strategy === 'alternating users' ? simulator.createSecret('orders/master', secretOf(postgres.master)) : undefined;
    const service = await SecretsManagerServer.start(simulator, { latency: LATENCY });
    const rotation = await FunctionProcess.start({
      environment: {
        _HANDLER: HANDLER,
        LAMBDA_TASK_ROOT: POSTGRES_ASSET,
        ...awsEnvironment(service.url),
        [CONFIG_VARIABLE]: serializeConfig({ target: 'postgres', superuserSecretArn, certificateAuthority: postgres.authority, passwordPolicy: {} }),
      },
      functionArn: FUNCTION_ARN,
      timeoutMs: 30_000,
      onLine: () => {},
    });
    return new Account(simulator, secretId, rotation, [service]);
  }

  /** All passwords that the secret had while it was looked at. */
  readonly passwords = new Set<string>();

  private constructor(
    private readonly simulator: SecretsManagerSimulator, readonly secretId: string,
    private readonly rotation: FunctionProcess, private readonly services: SecretsManagerServer[],
  ) {
    this.passwords.add(this.login().password);
  }

  get currentVersionId(): string {
    return this.simulator.inspect(this.secretId).stages.AWSCURRENT;
  }

  /** Who AWSCURRENT is. */
  login(): User {
    return JSON.parse(this.simulator.inspect(this.secretId).value('AWSCURRENT') as string) as User;
  }

  /** Another way to the account's Secrets Manager, which says when somebody takes it to read a value. Returns its address. */
  async entrance(onRead: () => void): Promise<string> {
    const service = await SecretsManagerServer.start(this.simulator, {
      latency: LATENCY,
      before: ({ operation }) => { if (operation === 'GetSecretValue') { onRead(); } },
    });
    this.services.push(service);
    return service.url;
  }

  /** One rotation by the function as it ships. */
  async rotate(beforeStep?: (step: string) => Promise<void>): Promise<void> {
    const { outcome, failures } = await rotate(this.simulator, this.secretId, {
      invoke: async (event) => {
        await beforeStep?.(event.Step);
        return this.rotation.invoke(event);
      },
      attempts: 1,
    });
    this.passwords.add(this.login().password);
    if (outcome !== 'succeeded') {
      const reasons = failures.map(({ step, error }) => `${step}: ${(error as Error).message}`);
      throw new Error(`The rotation ${outcome}: ${reasons.join('; ')}`);
    }
  }

  async close(): Promise<void> {
    await this.rotation.kill();
    await Promise.all(this.services.map(async (service) => service.stop()));
  }
}

/** What whoever sets up the database does once: the user, and the tables. */
async function makeUser(postgres: Postgres, username: string): Promise<User> {
  const user = { username, password: `first-password-of-${username}` };
  const schema = username;
  await postgres.run(postgres.master,
    `CREATE ROLE ${username} LOGIN PASSWORD '${user.password}'`,
    `GRANT CREATE ON DATABASE ${postgres.address.dbname} TO ${username}`);
  await postgres.run(user, `CREATE SCHEMA ${schema}`, `SET search_path TO ${schema}; ${await readFile(SCHEMA, 'utf8')}`);
  await postgres.run(user, `ALTER ROLE ${username} SET search_path TO ${schema}`);
  return user;
}
