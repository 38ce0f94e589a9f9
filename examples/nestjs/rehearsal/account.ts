import type { Database, User } from './database.js';
import {
  CONFIG_VARIABLE, FunctionProcess, HANDLER, rotate, SecretsManagerServer, SecretsManagerSimulator, serializeConfig,
} from './repository.js';

/** What a call to Secrets Manager takes within a region, in milliseconds, as an order of magnitude. */
const LATENCY = 10;
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';

export type Strategy = 'alternating users' | 'dual passwords' | 'single user';

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
  static async open(database: Database, strategy: Strategy, username: string): Promise<Account> {
    const user = await database.makeUser(username);
    const simulator = new SecretsManagerSimulator();
    const secretOf = (login: User) => JSON.stringify({ ...database.address, ...login });
    const secretId = simulator.createSecret('orders/database', secretOf(user));
    const superuserSecretArn = strategy === 'single user' ? undefined : simulator.createSecret('orders/master', secretOf(database.master));
    const service = await SecretsManagerServer.start(simulator, { latency: LATENCY });
    const rotation = await FunctionProcess.start({
      environment: {
        _HANDLER: HANDLER,
        LAMBDA_TASK_ROOT: database.asset,
        ...awsEnvironment(service.url),
        [CONFIG_VARIABLE]: serializeConfig({
          target: database.address.engine,
          superuserSecretArn,
          dualPasswords: strategy === 'dual passwords' ? true : undefined,
          certificateAuthority: database.authority,
          passwordPolicy: {},
        }),
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

  /** A proxy of the account's Secrets Manager, which says when a value is read. Returns its address. */
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
