import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { RotationStrategy } from './rotation-strategy';
import { DatabaseTarget } from './targets/database/database-target';
import { factoryFor } from './targets/database/database-value';
import type { TargetDefinition } from './targets/definition';
import { GeneratedTarget } from './targets/generated/generated-target';
import { FunctionTarget } from './targets/own/function/function-target';
import { ModuleTarget } from './targets/own/module/module-target';
import { checkGenerator, generatorOf, type Generator } from './value/generator';
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
   * The database, such as an instance or a cluster of Amazon RDS. It lets the function in, on its default port, or on that of its engine
   * if it names none.
   *
   * Give the database behind a proxy, not the proxy: a rotation logs in with the new password before the proxy knows it.
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
    return new RotationTarget(new GeneratedTarget(generatorOf({ ...options.passwordPolicy, ...keyOf(options) })));
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
    return new RotationTarget(new DatabaseTarget('postgres', generatorOf(options.passwordPolicy), options));
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
    return new RotationTarget(new DatabaseTarget('mysql', generatorOf(options.passwordPolicy), options));
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
    return new RotationTarget(new DatabaseTarget('mariadb', generatorOf(options.passwordPolicy), options));
  }

  /**
   * Whatever a function of yours knows, in any language of Lambda.
   *
   * The function is invoked for the steps `setSecret` and `testSecret`, and if so told for `createSecret` and `finishSecret`, with an event
   * that names the step, the secret and the ids of its versions, but no value. It may read the pending version of the secrets that the
   * `RotationFunction` rotates. Its reply says `done`, `notYet` or `failed`. Every step may come more than once.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/target-function.md
   * @param fn the function, of the account and the region of the `RotationFunction`, whose time-out is longer than that of `fn`, and if it
   * was imported, one whose role is known or has the permissions that the warning names
   * @param options which steps it has, what it may read, and how to generate the value
   * @throws where the policy is one that can't be met, or no staging label is given
   */
  public static invoke(fn: lambda.IFunction, options: InvokeTargetOptions = {}): RotationTarget {
    return new RotationTarget(new FunctionTarget(generatorOf({ ...options.passwordPolicy, ...keyOf(options) }), fn, options));
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
   * @param options which key of the secret to rotate, and how to generate it, both of which are for the first value alone if the module
   * exports `createSecret`
   * @throws where the entry is no such file, can't be bundled or lacks one of the two functions, where esbuild is not installed, or where
   * the policy is one that can't be met
   */
  public static module(entry: string, options: GeneratedTargetOptions = {}): RotationTarget {
    return new RotationTarget(new ModuleTarget(generatorOf({ ...options.passwordPolicy, ...keyOf(options) }), entry));
  }

  /**
   * The target for the users of a database with an engine; undefined if there is none.
   *
   * @internal
   */
  public static _factoryFor(engine: string): string | undefined {
    return factoryFor(engine);
  }

  /** @internal */
  public readonly _definition: TargetDefinition;

  private constructor(definition: TargetDefinition) {
    checkGenerator('passwordPolicy', { ...definition.defaults, ...definition.given });
    this._definition = definition;
  }

  /**
   * The same target with the generator of a secret.
   *
   * @internal
   */
  public _with(generator: Generator): RotationTarget {
    return new RotationTarget(this._definition.with(generator));
  }
}

/** The whole string if there is no key. */
function keyOf({ generateStringKey }: GeneratedTargetOptions): Generator {
  return { generateStringKey };
}
