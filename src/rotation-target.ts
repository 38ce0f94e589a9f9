import { join } from 'node:path';
import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  DATABASE_EXCLUDE_CHARACTERS, DATABASE_PASSWORD_KEY, serializeConfig,
  type CommonConfig, type DatabaseTargetConfig, type HandlerConfig, type TargetConfig,
} from './contract';
import { invalid } from './invalid';
import { RotationStrategy } from './rotation-strategy';
import { checkCertificateAuthority, checkDatabaseValue, DATABASE_ENGINES } from './targets/database/database-target';
import type { TargetFunction } from './targets/own/function/permissions';
import { moduleCode, readModule } from './targets/own/module/module-bundle';
import { checkGenerator, generatorOf, hasTokens, type Generator, type TargetGenerator } from './value/generator';
import type { PasswordPolicy } from './value/password-policy';

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

/**
 * Options for a target that is a function of one's own.
 */
export interface InvokeTargetOptions extends GeneratedTargetOptions {
  /**
   * Whether the function makes the next value, rather than a password generator: it is invoked for the step `createSecret`, and stores
   * the value with `PutSecretValue`. It may then put values of the secrets. `generateStringKey` and `passwordPolicy` are not used for
   * later values.
   *
   * @default false
   */
  readonly createSecret?: boolean;

  /**
   * Whether the function is invoked for the step `finishSecret`, just before the pending version becomes the current one. Where the
   * target takes two credentials at a time, this is where the one of the previous version is revoked.
   *
   * @default false
   */
  readonly finishSecret?: boolean;

  /**
   * The staging labels of the versions of a secret that the function may read. It has to name the label, as `VersionStage`, when it
   * calls `GetSecretValue`.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
   * @default - AWSPENDING alone
   */
  readonly versionStages?: string[];
}

/** Where `RotatingSecret` and `RotationFunction` look; the handler has `HandlerConfig`. */
interface Definition extends TargetGenerator {
  readonly makeCode: () => lambda.Code;
  /** Whether the target's own code makes the later values, so that nothing is known of them here. */
  readonly makesOwnValue?: boolean;
  readonly targetFunction?: TargetFunction;
  readonly superuserSecret?: ISecret;
  readonly database?: ec2.IConnectable;
  readonly defaultPort?: number;
  readonly config: (passwordPolicy: Generator) => TargetConfig;
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
      makeCode: () => shippedCode('generated'),
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

  /**
   * Whatever a function of yours knows, in any language of Lambda.
   *
   * The function is invoked for the steps `setSecret` and `testSecret`, and if so told for `createSecret` and `finishSecret`, with an event
   * that names the step, the secret and the ids of its versions, but no value. It may read the pending version of the secrets that the
   * `RotationFunction` rotates. Its reply says `done`, `notYet` or `failed`. Every step may come more than once.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/target-function.md
   * @param fn the function, of the account and the region of the `RotationFunction`, whose time-out is longer than that of `fn`; one that
   * was imported needs its role to be known, or the permissions that the warning names
   * @param options which steps it has, what it may read, and how to generate the value
   * @throws where the policy is one that can't be met, or no staging label is given
   */
  public static invoke(fn: lambda.IFunction, options: InvokeTargetOptions = {}): RotationTarget {
    const given = generatorOf({ ...options.passwordPolicy, generateStringKey: options.generateStringKey });
    checkGenerator('passwordPolicy', given);
    const { createSecret, finishSecret, versionStages = ['AWSPENDING'] } = options;
    if (versionStages.length === 0 || versionStages.includes('')) {
      throw invalid('versionStages', `is ${JSON.stringify(versionStages)}, and the function has to read at least one version. Name staging labels, such as AWSPENDING and AWSCURRENT`);
    }
    return new RotationTarget({
      factory: 'RotationTarget.invoke',
      given,
      defaults: {},
      hasFixedKey: false,
      makeCode: () => shippedCode('invoke'),
      makesOwnValue: createSecret,
      targetFunction: { fn, createsSecret: createSecret ?? false, versionStages },
      config: ({ generateStringKey, ...passwordPolicy }) => ({
        target: 'invoke',
        functionArn: fn.functionArn,
        createSecret: createSecret === true ? true : undefined,
        finishSecret: finishSecret === true ? true : undefined,
        generateStringKey,
        passwordPolicy,
      }),
    });
  }

  /**
   * Whatever a module of yours knows, in TypeScript or JavaScript.
   *
   * The module exports the functions `setSecret` and `testSecret`, and may export `createSecret` and `finishSecret`; their types are in
   * `cdk-rotating-secret/rotation`. It is bundled together with the rotation into one function when the app is synthesized, by the
   * `esbuild` of the app, which has to be installed.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/target-module.md
   * @param entry the path of the module, absolute or from the working directory
   * @param options which key of the secret to rotate, and how to generate it; neither is used for later values where the module makes
   * them in `createSecret`
   * @throws where the entry is no such file, can't be bundled or lacks one of the two functions, where esbuild is not installed, or where
   * the policy is one that can't be met
   */
  public static module(entry: string, options: GeneratedTargetOptions = {}): RotationTarget {
    const given = generatorOf({ ...options.passwordPolicy, generateStringKey: options.generateStringKey });
    checkGenerator('passwordPolicy', given);
    const module = readModule(entry);
    return new RotationTarget({
      factory: 'RotationTarget.module',
      given,
      defaults: {},
      hasFixedKey: false,
      makeCode: () => moduleCode(module),
      makesOwnValue: module.createsSecret,
      config: ({ generateStringKey, ...passwordPolicy }) => ({ target: 'module', generateStringKey, passwordPolicy }),
    });
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
      makeCode: () => shippedCode(engine.asset),
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

  /** @internal */
  public get _targetFunction(): TargetFunction | undefined {
    return this.definition.targetFunction;
  }

  /** @internal */
  public get _makesOwnValue(): boolean {
    return this.definition.makesOwnValue ?? false;
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
  public _bind(
    scope: Construct, common: CommonConfig = {},
  ): { readonly code: lambda.Code; readonly config: string; readonly knownConfig: HandlerConfig } {
    const generator = { ...this.definition.defaults, ...this.definition.given };
    const config: HandlerConfig = { ...this.definition.config(generator), ...common };
    const isKnown = !hasTokens(generator) && !Object.values(config).some((value) => Token.isUnresolved(value));
    return {
      code: this.definition.makeCode(),
      config: isKnown ? serializeConfig(config) : Stack.of(scope).toJsonString(config),
      knownConfig: config,
    };
  }
}

/** One of the assets that come with the package. */
function shippedCode(asset: string): lambda.Code {
  return lambda.Code.fromAsset(join(__dirname, '..', 'assets', asset));
}
