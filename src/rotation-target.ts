import { join } from 'node:path';
import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { PasswordPolicy } from './password-policy';
import { checkCertificateAuthority, checkDatabaseValue, DATABASE_ENGINES } from './private/database-target';
import { checkGenerator, generatorOf, hasTokens, type Generator, type TargetGenerator } from './private/generator';
import {
  DATABASE_EXCLUDE_CHARACTERS, DATABASE_PASSWORD_KEY, serializeConfig, type DatabaseTargetConfig, type HandlerConfig,
} from './private/handler-contract';
import { RotationStrategy } from './rotation-strategy';

/**
 * Options for a target whose value is generated.
 */
export interface GeneratedTargetOptions {
  /**
   * The key of the JSON secret to rotate. The other keys stay as they are, byte for byte.
   *
   * @default - the whole secret is one string, and is rotated as a whole; a rotation that would replace a JSON object fails instead
   */
  readonly generateStringKey?: string;

  /**
   * What a generated password is made of.
   *
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each
   */
  readonly passwordPolicy?: PasswordPolicy;
}

/**
 * Options for a target that is a user of a database.
 */
export interface DatabaseTargetOptions {
  /**
   * Which users of the database the secret goes through.
   *
   * @default RotationStrategy.singleUser()
   */
  readonly strategy?: RotationStrategy;

  /**
   * The database, such as an instance, a cluster or a proxy of Amazon RDS. It lets the function in, on its default port, or on that of
   * its engine where it names none.
   *
   * @default - no security group is changed; `RotatingSecret.attach` has the database that it attaches let the function in
   */
  readonly database?: ec2.IConnectable;

  /**
   * What a generated password is made of. What is left out here is as in the default.
   *
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each, but none of
   * ``/ @ " ' \`` and the space, which Amazon RDS or connection strings can't take
   */
  readonly passwordPolicy?: PasswordPolicy;

  /**
   * The certificate authority that the certificate of the server is verified with, as PEM.
   *
   * The environment of a function holds 4 KB in all, so give the root certificate alone.
   *
   * @default - the certificate authorities of Amazon RDS and those that Node.js trusts
   */
  readonly certificateAuthority?: string;

  /**
   * Whether to connect without TLS.
   *
   * Danger: the passwords, old and new, then cross the network in clear or as hashes that can be attacked, and whoever is between
   * the function and the server can read and change what is said, and take the place of the server. Use it only for a server that
   * can't have TLS, in a network that nobody else is in.
   *
   * @default false
   */
  readonly plaintextConnection?: boolean;
}

/** Where `RotatingSecret` and `RotationFunction` look; the handler has `HandlerConfig`. */
interface Definition extends TargetGenerator {
  readonly asset: string;
  readonly superuserSecret?: ISecret;
  readonly database?: ec2.IConnectable;
  readonly defaultPort?: number;
  readonly config: (passwordPolicy: Generator) => HandlerConfig;
  readonly checkValue?: (property: string, value: Readonly<Record<string, unknown>>) => void;
}

/**
 * Whose credential a secret holds, and so what a rotation has to change besides the secret.
 */
export class RotationTarget {
  /**
   * A value that exists only in the secret: every reader takes it from there, and nobody else has to accept it.
   *
   * @param options which key of the secret to rotate, and how to generate it
   * @throws where the policy is one that can't be met
   */
  public static generated(options: GeneratedTargetOptions = {}): RotationTarget {
    const given = generatorOf({ ...options.passwordPolicy, generateStringKey: options.generateStringKey });
    checkGenerator('passwordPolicy', given);
    return new RotationTarget({
      factory: 'RotationTarget.generated',
      given,
      defaults: {},
      hasFixedKey: false,
      asset: 'generated',
      config: ({ generateStringKey, ...passwordPolicy }) => ({ target: 'generated', generateStringKey, passwordPolicy }),
    });
  }

  /**
   * A user of a PostgreSQL database.
   *
   * The secret has the keys that Secrets Manager gives to those of Amazon RDS: `engine`, `host`, `port`, `username`, `password` and
   * `dbname`. `password` is the one that rotates.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws where the policy is one that can't be met, or the certificate authority is none
   */
  public static postgres(options: DatabaseTargetOptions = {}): RotationTarget {
    return RotationTarget.ofDatabase('postgres', options);
  }

  /**
   * A user of a MySQL database.
   *
   * The secret has the keys that Secrets Manager gives to those of Amazon RDS: `engine`, `host`, `port`, `username`, `password` and
   * `dbname`. `password` is the one that rotates.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws where the policy is one that can't be met, or the certificate authority is none
   */
  public static mysql(options: DatabaseTargetOptions = {}): RotationTarget {
    return RotationTarget.ofDatabase('mysql', options);
  }

  /**
   * A user of a MariaDB database.
   *
   * The secret has the keys that Secrets Manager gives to those of Amazon RDS: `engine`, `host`, `port`, `username`, `password` and
   * `dbname`. `password` is the one that rotates.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws where the policy is one that can't be met, or the certificate authority is none
   */
  public static mariadb(options: DatabaseTargetOptions = {}): RotationTarget {
    return RotationTarget.ofDatabase('mariadb', options);
  }

  private static ofDatabase(target: DatabaseTargetConfig['target'], options: DatabaseTargetOptions): RotationTarget {
    const given = generatorOf({ ...options.passwordPolicy, generateStringKey: DATABASE_PASSWORD_KEY });
    const defaults = { excludeCharacters: DATABASE_EXCLUDE_CHARACTERS };
    checkGenerator('passwordPolicy', { ...defaults, ...given });
    const plaintextConnection = options.plaintextConnection === true ? true : undefined;
    checkCertificateAuthority(options.certificateAuthority, plaintextConnection ?? false);

    const { certificateAuthority, database, strategy = RotationStrategy.singleUser() } = options;
    const superuserSecret = strategy._superuserSecret;
    const factory = `RotationTarget.${target}`;
    const engine = DATABASE_ENGINES[target];
    return new RotationTarget({
      factory,
      given,
      defaults,
      hasFixedKey: true,
      asset: engine.asset,
      superuserSecret,
      database,
      defaultPort: engine.defaultPort,
      config: ({ generateStringKey, ...passwordPolicy }) => ({
        target,
        superuserSecretArn: superuserSecret && (superuserSecret.secretFullArn ?? superuserSecret.secretArn),
        certificateAuthority,
        plaintextConnection,
        passwordPolicy,
      }),
      checkValue: (property, value) => checkDatabaseValue(property, value, { engine, factory, alternates: superuserSecret !== undefined }),
    });
  }

  private constructor(private readonly definition: Definition) {}

  /**
   * What the target says about generated values.
   *
   * @internal
   */
  public get _generator(): TargetGenerator {
    return this.definition;
  }

  /**
   * The port of a database that names none; undefined where the target is no database.
   *
   * @internal
   */
  public get _defaultPort(): number | undefined {
    return this.definition.defaultPort;
  }

  /** @internal */
  public get _database(): ec2.IConnectable | undefined {
    return this.definition.database;
  }

  /** @internal */
  public get _superuserSecret(): ISecret | undefined {
    return this.definition.superuserSecret;
  }

  /**
   * The same target, with what the one secret of its function says about generated values.
   *
   * @internal
   */
  public _with(generator: Generator): RotationTarget {
    return new RotationTarget({ ...this.definition, given: generator });
  }

  /**
   * Throws where the first value of a secret, as far as it is known, is one that couldn't be rotated.
   *
   * @internal
   */
  public _checkValue(property: string, value: Readonly<Record<string, unknown>>): void {
    this.definition.checkValue?.(property, value);
  }

  /** @internal */
  public _bind(scope: Construct): { readonly assetDirectory: string; readonly config: string; readonly knownConfig: HandlerConfig } {
    const generator = { ...this.definition.defaults, ...this.definition.given };
    const config = this.definition.config(generator);
    const isKnown = !hasTokens(generator) && !Object.values(config).some((value) => Token.isUnresolved(value));
    return {
      assetDirectory: join(__dirname, '..', 'assets', this.definition.asset),
      config: isKnown ? serializeConfig(config) : Stack.of(scope).toJsonString(config),
      knownConfig: config,
    };
  }
}
