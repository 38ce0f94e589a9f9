import { OracleUsers, type Profile } from './stand-in';
import type { ConnectOracle } from '../../../../lambda-src/targets/database/oracle/connection';
import { Oracle } from '../../../../lambda-src/targets/database/oracle/engine';
import { databaseTarget } from '../../../../lambda-src/targets/database/target';
import { tlsOptions } from '../../../../lambda-src/targets/database/tls';
import type { DatabaseTargetConfig } from '../../../../src/targets/database/contract';
import { Harness, passwordOf } from '../../../harness';

export type Kind = 'single user' | 'dual passwords';
export const KINDS: readonly Kind[] = ['single user', 'dual passwords'];

export interface OracleHarnessOptions {
  readonly kind?: Kind;
  readonly profile?: Profile;
  /** As the server has the name. */
  readonly name?: string;
  readonly password?: string;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly policy?: DatabaseTargetConfig['passwordPolicy'];
  readonly config?: Partial<DatabaseTargetConfig>;
  /** Whether the function is configured for TLS. The stand-in has none. */
  readonly isSecure?: boolean;
  readonly connect?: (connect: ConnectOracle) => ConnectOracle;
}

/** A secret of a user of the stand-in, with the handler that rotates it. */
export class OracleHarness extends Harness {
  public readonly users: OracleUsers;
  public readonly name: string;

  constructor(options: OracleHarnessOptions = {}) {
    const { kind = 'single user', name = 'APP', password = 'first password of all' } = options;
    const users = new OracleUsers(options.profile ?? (kind === 'dual passwords' ? { rolloverTime: 1 } : {}));
    users.add(name, password);
    const connect = options.connect ? options.connect(users.connect) : users.connect;
    super({
      value: JSON.stringify({ engine: 'oracle', host: 'db.example.com', port: 2484, dbname: 'ORCL', username: 'app', password, ...options.changes }),
      config: {
        target: 'oracle',
        dualPasswords: kind === 'dual passwords' ? true : undefined,
        passwordPolicy: options.policy ?? { passwordLength: 30, excludeCharacters: '"' },
        ...options.config,
      } as DatabaseTargetConfig,
      makeTarget: (config) => databaseTarget(config, { oracle: () => new Oracle(options.isSecure ? tlsOptions({}, () => []) : undefined, connect) }),
    });
    this.users = users;
    this.name = name;
  }

  /** Whether the server accepts the password of a version. */
  public accepts(versionIdOrStage: string): boolean {
    return this.users.accepts(this.name, passwordOf(this.value(versionIdOrStage)));
  }

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }

  /** Lets days pass. */
  public pass(days: number): void {
    this.users.now += days * 24 * 60 * 60 * 1_000;
  }

  /** All texts that leave the function. */
  public get said(): string {
    return JSON.stringify(this.log);
  }

  public get passwords(): string[] {
    return this.allValues.map(passwordOf);
  }
}
