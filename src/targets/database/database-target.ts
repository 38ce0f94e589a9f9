import { Annotations, type Duration, Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { DATABASE_EXCLUDE_CHARACTERS, DATABASE_LATER_EXCLUDE_CHARACTERS, DATABASE_PASSWORD_KEY, type DatabaseTargetConfig } from './contract';
import { findStatementProblem } from './creation/contract';
import { checkDatabaseValue, CHECKED_KEYS, checkPasswordRules, DATABASE_ENGINES, factoryFor, type DatabaseEngine } from './database-value';
import { checkEngine, isProxy } from '../../adopted/databases';
import { managedResourceOf, managingService } from '../../adopted/managed-secrets';
import { findPolicyProblem, type PasswordPolicyConfig } from '../../contract';
import { shippedCode, type FunctionCode } from '../../function/shipped-code';
import { invalid } from '../../invalid';
import { RotationStrategy } from '../../rotation-strategy';
import { hasTokens, type Generator } from '../../value/generator';
import { checkCertificateAuthority } from '../certificate-authority';
import { MAX_PORT, parseNode, portOf } from '../contract';
import { DEFAULT_TIMEOUT, STRATEGY_NAMES, TargetDefinition, type Support, type TargetBinding } from '../definition';
import { bindSuperuserSecret } from '../superuser-secret';

/** The options of a database user, without its generator. */
export interface DatabaseUserOptions {
  readonly strategy?: RotationStrategy;
  readonly database?: ec2.IConnectable;
  readonly endpoint?: string;
  readonly certificateAuthority?: string;
  readonly plaintextConnection?: boolean;
}

/** A user of a database. */
export class DatabaseTarget extends TargetDefinition {
  public readonly factory: string;
  public readonly support: Support;
  public override readonly defaults: Generator;
  public override readonly hasFixedKey = true;
  public override readonly isOfDatabase = true;
  public override readonly checkedKeys = CHECKED_KEYS;
  public override readonly timeout: Duration;
  private readonly strategy: RotationStrategy;

  constructor(private readonly target: DatabaseTargetConfig['target'], policy: Generator, private readonly options: DatabaseUserOptions) {
    super({ ...policy, generateStringKey: DATABASE_PASSWORD_KEY });
    this.factory = `RotationTarget.${target}`;
    const { passwordLength } = this.engine;
    this.defaults = { excludeCharacters: DATABASE_EXCLUDE_CHARACTERS, ...passwordLength === undefined ? {} : { passwordLength } };
    this.strategy = options.strategy ?? RotationStrategy.singleUser();
    this.checkStrategy();
    this.timeout = this.engine.timeout ?? DEFAULT_TIMEOUT;
    const { servers, standIns, services: neverOn } = this.engine;
    this.support = { strategy: STRATEGY_NAMES[this.strategy._kind], servers, standIns, neverOn };
    checkPasswordRules(this.engine, { ...this.defaults, ...policy }, (property) => `passwordPolicy.${property}`);
    checkStatements(this.strategy._creationStatements, this.engine);
    const { endpoint } = options;
    // The error doesn't quote it, because a URL may have a password in it.
    if (endpoint !== undefined && !Token.isUnresolved(endpoint) && !parseNode(endpoint)) {
      throw invalid('endpoint', `is neither a host nor host:port with a port from 1 to ${MAX_PORT}. Leave out the scheme, the user and the path`);
    }
    checkCertificateAuthority(options.certificateAuthority, options.plaintextConnection ?? false);
  }

  public code(): FunctionCode {
    return shippedCode(this.engine.asset);
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): DatabaseTargetConfig {
    const { _superuserSecret: superuserSecret } = this.strategy;
    checkPasswordRules(this.engine, passwordPolicy, (property) => property);
    return {
      target: this.target,
      superuserSecretArn: superuserSecret && (superuserSecret.secretFullArn ?? superuserSecret.secretArn),
      singleUser: superuserSecret && this.strategy._kind === 'singleUser' ? true : undefined,
      dualPasswords: this.strategy._kind === 'dualPasswords' ? true : undefined,
      creationStatements: this.strategy._creationStatements,
      resetLostPassword: this.strategy._resetLostPassword ? true : undefined,
      endpoint: this.endpoint,
      endpointIsServer: this.options.endpoint === undefined && this.endpoint !== undefined ? true : undefined,
      certificateAuthority: this.options.certificateAuthority,
      plaintextConnection: this.options.plaintextConnection === true ? true : undefined,
      passwordPolicy: this.laterPolicy(passwordPolicy),
    };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { _superuserSecret: superuserSecret } = this.strategy;
    const { database } = this.options;
    if (database) {
      checkEngine('database', fn, database, this.factory, factoryFor);
      if (isProxy(database)) { warnOfProxy(fn, database); }
      this.checkTlsPort(fn, database);
    }
    if (superuserSecret && isManaged(superuserSecret)) { checkManagedSuperuser(fn, superuserSecret, database, this.options.endpoint); }
    return {
      ...superuserSecret && bindSuperuserSecret(superuserSecret, fn, 'with RotationStrategy.singleUser()'),
      reaches: { connectable: database, defaultPort: this.engine.defaultPort, furtherPorts: this.tlsPorts },
      names: database?.connections.securityGroups,
    };
  }

  /** A user that the first rotation creates doesn't exist before it. */
  public override get rotatesAtDeployment(): boolean {
    return this.strategy._creationStatements !== undefined;
  }

  public override checkValue(property: string, value: Readonly<Record<string, unknown>>): void {
    checkDatabaseValue(property, value, { engine: this.engine, factory: this.factory, alternates: this.strategy._kind === 'alternatingUsers' });
  }

  /** A secret that RDS or Redshift manages has no host, so the app says to which server its credentials may be sent. */
  private get endpoint(): string | undefined {
    const { _superuserSecret: superuserSecret } = this.strategy;
    const { endpoint, database } = this.options;
    return endpoint ?? (superuserSecret && isManaged(superuserSecret) ? endpointOf(database) : undefined);
  }

  /** The ports for TLS, if they aren't those of the database. */
  private get tlsPorts(): number[] | undefined {
    const { tlsPort } = this.engine;
    const { endpoint, plaintextConnection } = this.options;
    if (tlsPort === undefined || plaintextConnection === true) { return undefined; }
    return [literalPortOf(endpoint) ?? tlsPort];
  }

  /** On Amazon RDS, such a system never has TLS on the port of the instance. */
  private checkTlsPort(fn: lambda.Function, database: ec2.IConnectable): void {
    const { tlsPort } = this.engine;
    const { endpoint, plaintextConnection } = this.options;
    if (tlsPort === undefined || endpoint === undefined || plaintextConnection === true) { return; }
    const { isSame, port } = compareEndpoint(fn, endpoint, database, this.engine.defaultPort);
    if (!isSame) { return; }
    throw invalid('endpoint', `${port === undefined ? 'is' : `has the port ${port},`} that of ${pathOf(database)}, which has no TLS on Amazon RDS. Give the address with the port of the option SSL, such as ${tlsPort}; `
      + 'only if that is impossible, set plaintextConnection');
  }

  public override get attachedProblem(): string | undefined {
    const { tlsPort } = this.engine;
    const { endpoint, plaintextConnection } = this.options;
    if (tlsPort === undefined || endpoint !== undefined || plaintextConnection === true) { return undefined; }
    return `has no TLS on Amazon RDS. Give the address of the instance with the port of the option SSL, such as ${tlsPort}; only if that is impossible, set plaintextConnection`;
  }

  private checkStrategy(): void {
    if (this.engine.hasNoSuperuser && this.strategy._superuserSecret) {
      throw this.strategy._kind === 'alternatingUsers'
        ? invalid('strategy', `is alternatingUsers, and ${this.factory} rotates one user. Give RotationStrategy.dualPasswords, which refuses no login either, or RotationStrategy.singleUser`)
        : invalid('superuserSecret', `is given, and a user of ${this.factory} changes its own password, for which it needs no right. Leave out superuserSecret`);
    }
    if (this.engine.hasNoStatements) {
      const { _creationStatements: statements, _resetLostPassword: resetsPassword } = this.strategy;
      if (statements !== undefined) {
        throw invalid('creationStatements', `is given, and ${this.factory} has no SQL. Create the user before the first rotation, as its page shows, and leave out creationStatements`);
      }
      if (resetsPassword) {
        throw invalid('resetLostPassword', `is true, and ${this.factory} can't tell whether a user manages others. Give a lost user the password of the version with AWSCURRENT by hand, and leave `
          + 'out resetLostPassword');
      }
    }
    if (this.engine.hasSingleUserOnly) { this.checkSingleUserOnly(); }
    if (this.strategy._kind !== 'dualPasswords') { return; }
    const { secondPasswordBy } = this.engine;
    if (secondPasswordBy === undefined) {
      throw invalid('strategy', `is dualPasswords, and the database of ${this.factory} accepts one password for a user. Give RotationStrategy.alternatingUsers, which refuses no login either, `
        + 'or RotationStrategy.singleUser');
    }
    if (secondPasswordBy === 'superuser' && !this.strategy._superuserSecret) {
      throw invalid('superuserSecret', `is missing, and dualPasswords needs it with ${this.factory}, because a user can't add a password itself: give the secret of a user who may change the `
        + 'other one, such as the secret of the database. An imported database knows of none; import its secret too');
    }
  }

  private checkSingleUserOnly(): void {
    const { _kind: kind, _creationStatements: statements, _resetLostPassword: resetsPassword } = this.strategy;
    if (kind !== 'singleUser') { throw invalid('strategy', `is ${kind}, and ${this.factory} changes the password of one user. Give RotationStrategy.singleUser(), with a superuser secret or without one`); }
    if (statements !== undefined) {
      throw invalid('creationStatements', `is given, and ${this.factory} creates no user. Create the user before the first rotation, as its page shows, and leave out creationStatements`);
    }
    if (resetsPassword) {
      throw invalid('resetLostPassword', `is true, and ${this.factory} can't tell whether a user manages others. Give a lost user the password of the version with AWSCURRENT by hand, and leave `
        + 'out resetLostPassword');
    }
  }

  private laterPolicy(policy: PasswordPolicyConfig): PasswordPolicyConfig {
    const { excludeCharacters: given = DATABASE_EXCLUDE_CHARACTERS } = this.given;
    if (given !== DATABASE_EXCLUDE_CHARACTERS || hasTokens(policy)) { return policy; }
    const excludeCharacters = [...new Set(`${policy.excludeCharacters ?? ''}${DATABASE_LATER_EXCLUDE_CHARACTERS[this.target]}`)].join('');
    const later = { ...policy, excludeCharacters };
    return findPolicyProblem(later) === undefined ? later : policy;
  }

  private get engine() {
    return DATABASE_ENGINES[this.target];
  }
}

/** No error quotes a statement, because it may have a password in it. */
function checkStatements(statements: readonly string[] | undefined, { notInTransaction }: DatabaseEngine): void {
  if (statements === undefined) { return; }
  const asToken = 'is a token, and statements are checked at synthesis. Give text';
  if (Token.isUnresolved(statements)) { throw invalid('creationStatements', asToken); }
  statements.forEach((statement, i) => {
    const problem = Token.isUnresolved(statement) ? asToken : findStatementProblem(statement)
      ?? (notInTransaction?.test(statement) ? 'can\'t run in a transaction, and the rotation has one. Run it before, by other means' : undefined);
    if (problem !== undefined) { throw invalid('creationStatements', `has a statement, at index ${i}, that ${problem}`); }
  });
}

/** Services whose secrets have a user and a password, and no server. */
const MANAGING_SERVICES: readonly (string | undefined)[] = ['rds', 'redshift'];

function isManaged(secret: ISecret): boolean {
  return MANAGING_SERVICES.includes(managingService(secret));
}

/** The address of the writer of an instance or a cluster. Undefined for anything else, and if an imported one doesn't have it. */
function endpointOf(database: ec2.IConnectable | undefined): string | undefined {
  type Endpoints = { readonly [name in 'instanceEndpoint' | 'clusterEndpoint']?: { readonly socketAddress?: string } };
  if (!database || isProxy(database)) { return undefined; }
  try {
    const { instanceEndpoint, clusterEndpoint } = database as Endpoints;
    return (instanceEndpoint ?? clusterEndpoint)?.socketAddress;
  } catch {
    return undefined;
  }
}

/** The port that an endpoint has as text, also after a token. */
function literalPortOf(endpoint: string | undefined): number | undefined {
  return portOf(/:(\d{1,5})$/.exec(endpoint ?? '')?.[1]);
}

/** Whether an endpoint is at the port of an instance of RDS. The port is undefined if it isn't text. */
function compareEndpoint(
  scope: IConstruct, endpoint: string, database: ec2.IConnectable, defaultPort: number,
): { readonly isSame: boolean; readonly port?: number } {
  const address = endpointOf(database);
  if (address === undefined) { return { isSame: false }; }
  const textOf = (value: unknown) => JSON.stringify(Stack.of(scope).resolve(value));
  if (textOf(endpoint) === textOf(address)) { return { isSame: true }; }
  const port = literalPortOf(endpoint);
  return { isSame: port !== undefined && port === instancePortOf(database, defaultPort), port };
}

/** The port of an instance of RDS. Undefined if it isn't known. */
function instancePortOf(database: ec2.IConnectable, defaultPort: number): number | undefined {
  const { instanceEndpoint } = database as { readonly instanceEndpoint?: { readonly port: number } };
  if (instanceEndpoint !== undefined && !Token.isUnresolved(instanceEndpoint.port)) { return instanceEndpoint.port; }
  const { port } = ((database as Partial<IConstruct>).node?.defaultChild ?? {}) as { readonly port?: string };
  return port === undefined ? defaultPort : portOf(port);
}

function pathOf(database: ec2.IConnectable): string {
  return Construct.isConstruct(database) ? database.node.path : 'the database';
}

/**
 * The credentials of the superuser are sent only to a server that the app names. Whoever may write another secret could change a server that is
 * written there.
 */
function checkManagedSuperuser(
  fn: lambda.Function, superuserSecret: ISecret, database: ec2.IConnectable | undefined, endpoint: string | undefined,
): void {
  const { path } = superuserSecret.node;
  const service = managingService(superuserSecret) === 'redshift' ? 'Redshift' : 'RDS';
  if ((endpoint ?? endpointOf(database)) === undefined) {
    throw invalid('superuserSecret', `${path} is managed by ${service}, so it has no host, and ${fn.node.path} can't know for which server it is. Give the instance or the cluster of ${service} as database, `
      + 'or its address as endpoint');
  }
  const owner = managedResourceOf(superuserSecret);
  if (owner && endpointOf(database) !== undefined && Construct.isConstruct(database) && !owner.node.scopes.includes(database)) {
    throw invalid('superuserSecret', `${path} is the master secret of ${owner.node.path}, and database of ${fn.node.path} is ${database.node.path}. Give both of the same instance or cluster`);
  }
  if (keyOf(owner) !== undefined && !superuserSecret.encryptionKey) {
    throw invalid('superuserSecret', `${path} is encrypted with a key of ${owner!.node.path}, and was imported without encryptionKey, so ${fn.node.path} could not read it. Import it with `
      + 'Secret.fromSecretAttributes, with its encryptionKey');
  }
}

/** The key of a managed secret, as its instance, cluster or namespace has it. */
function keyOf(owner: object | undefined): unknown {
  const { masterUserSecret, masterPasswordSecretKmsKeyId, adminPasswordSecretKmsKeyId } = (owner ?? {}) as {
    readonly masterUserSecret?: { readonly kmsKeyId?: unknown };
    readonly masterPasswordSecretKmsKeyId?: unknown;
    readonly adminPasswordSecretKmsKeyId?: unknown;
  };
  return masterUserSecret?.kmsKeyId ?? masterPasswordSecretKmsKeyId ?? adminPasswordSecretKmsKeyId;
}

/** Warns of a proxy as the database. The database behind it may let the function in by other means. */
function warnOfProxy(fn: lambda.Function, proxy: object): void {
  const { path } = (proxy as IConstruct).node;
  Annotations.of(fn).addWarningV2('cdk-rotating-secret:databaseIsProxy', `database: ${path} is a proxy of RDS, so the proxy lets the function in, and the database doesn't. A rotation logs in `
    + 'with a new password before it is the current one, which a proxy refuses. Give the instance or the cluster behind the proxy, and let the secret have its host');
}
