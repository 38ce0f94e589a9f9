import { Annotations, CfnResource, Reference, Stack, Stage, Token, Tokenization } from 'aws-cdk-lib';
import { CfnSecret, CfnSecretTargetAttachment, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { DEFAULT_PASSWORD_LENGTH } from '../contract';
import { invalid } from '../invalid';
import { generatorIn } from '../value/generator';

/** The part of a target that the checks below read. */
interface CheckedTarget {
  /** The factory of the target. */
  readonly factory: string;
  /** Whether a rotation changes the secret and nothing else. */
  readonly changesSecretOnly: boolean;
  /** What is wrong with the port of an attached database, and what to do. Undefined if nothing is. */
  readonly attachedProblem?: string;
  /** The generator that the target was given, with the key that is rotated. */
  readonly given: { readonly generateStringKey?: string };
}

/** A function and its target. */
interface CheckedFunction {
  readonly fn: IConstruct;
  readonly target: CheckedTarget;
  /** Whether the target is a user of a database. */
  readonly isOfDatabase: boolean;
  readonly secrets: () => Iterable<ISecret>;
  readonly factoryFor: FactoryFor;
}

/** The database whose password a secret holds. */
interface Database {
  readonly path: string;
  /** The CloudFormation type of the resource. */
  readonly type: string;
  /** The engine as the resource names it. Undefined if it isn't known. */
  readonly engine?: string;
}

const PROXY = 'AWS::RDS::DBProxy';
/** The engine of clusters of Amazon DocumentDB, whose resources don't name it. */
export const DOCUMENT_DB = 'docdb';
/** Databases that take a password as a property. */
const WITH_MASTER_PASSWORD = /^AWS::(RDS|DocDB|Redshift)::/;
/** The engine of resources that don't name one. */
const ENGINES: Readonly<Record<string, string>> = {
  'AWS::Redshift::Cluster': 'redshift', 'AWS::DocDB::DBCluster': DOCUMENT_DB, 'AWS::DocDB::DBInstance': DOCUMENT_DB,
};
const PASSWORD_KEY = 'password';
const MIN_MASTER_PASSWORD = 8;
/**
 * The longest master password that RDS accepts. Aurora clusters for PostgreSQL are missing, because the two documents disagree about them.
 *
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
 */
const MAX_MASTER_PASSWORDS: readonly (readonly [RegExp, number])[] = [
  [/^(mysql|mariadb|aurora|aurora-mysql)$/, 41],
  [/^oracle-/, 30],
  [/^(postgres$|sqlserver-)/, 128],
];

/** The factory for the users of a database engine. Undefined if there is none. */
type FactoryFor = (engine: string) => string | undefined;

/** The engine of a database of this app, or of an imported one. Undefined if it isn't known. */
export function engineOf(database: object): string | undefined {
  const { engine } = database as { readonly engine?: { readonly engineType?: unknown } };
  const children = Construct.isConstruct(database) ? database.node.findAll() : [];
  const known = children.map((child) => describeResource(child)?.engine).find((each) => each !== undefined) ?? engine?.engineType;
  return typeof known === 'string' && !Token.isUnresolved(known) ? known : undefined;
}

/** Whether a construct is an RDS proxy. Imported proxies count. */
export function isProxy(database: object): boolean {
  return 'dbProxyName' in database && 'dbProxyArn' in database;
}

/** Throws if CloudFormation would refuse to attach the secret to this target. */
export function checkAttachable(secret: ISecret, target: object): void {
  if (isProxy(target)) { throw invalid('target', proxyAttached(secret.node.path, pathOf(target))); }
}

/** Throws if a database certainly has another engine than the target of the function. */
export function checkEngine(property: string, fn: IConstruct, database: object, factory: string, factoryFor: FactoryFor): void {
  const engine = engineOf(database);
  if (engine === undefined || factoryFor(engine) === factory) { return; }
  throw invalid(property, `${pathOf(database)} has the engine ${engine}, and ${fn.node.path} has ${factory}. ${whatToGive(engine, factoryFor)}`);
}

/** The functions of each stage. They are checked together, because each check searches all constructs, which takes time. */
const functionsOf = new WeakMap<IConstruct, CheckedFunction[]>();

/**
 * Refuses secrets that hold the password of a database which the target of their function can't change. It runs when the app is complete,
 * because a secret may be attached at any time.
 */
export function checkTargets(checked: CheckedFunction): void {
  const stage = Stage.of(checked.fn) ?? checked.fn.node.root;
  const functions = functionsOf.get(stage);
  if (functions) {
    functions.push(checked);
    return;
  }
  const all = [checked];
  functionsOf.set(stage, all);
  stage.node.addValidation({ validate: () => findWrongTargets(stage.node.root, all) });
}

function findWrongTargets(root: IConstruct, functions: readonly CheckedFunction[]): string[] {
  const resources = root.node.findAll().filter(CfnResource.isCfnResource);
  const databases = resources.filter((resource) => WITH_MASTER_PASSWORD.test(resource.cfnResourceType));
  const attached = new Map<CfnResource | string, Database[]>();
  for (const attachment of resources.filter((resource) => resource instanceof CfnSecretTargetAttachment)) {
    const secret = rootOf(attachment.secretId);
    attached.set(secret, [...attached.get(secret) ?? [], describeTarget(attachment)]);
  }
  const errors = functions.flatMap((checked) => [...checked.secrets()].flatMap((secret) =>
    [
      ...findWrongTarget(checked, secret, attached.get(rootOf(secret.secretArn)) ?? [], databases),
      ...databases.flatMap((database) => wrongLength(database, secret)),
    ]));
  return [...new Set(errors.map(({ message }) => message))];
}

function findWrongTarget(checked: CheckedFunction, secret: ISecret, attached: readonly Database[], databases: readonly CfnResource[]): Error[] {
  const { target: { changesSecretOnly, given }, isOfDatabase } = checked;
  const proxy = attached.find(({ type }) => type === PROXY);
  if (proxy) { return [invalid('target', proxyAttached(secret.node.path, proxy.path))]; }
  if (isOfDatabase) { return attached.flatMap((database) => [...otherEngine(checked, secret, database), ...otherPort(checked, secret, database)]); }
  if (!changesSecretOnly) { return []; }
  const fed = databases.find((database) => isFedFrom(database, secret, given.generateStringKey));
  const database = fed ? describeResource(fed) : given.generateStringKey === PASSWORD_KEY ? attached[0] : undefined;
  return database ? [unchangedPassword(checked, secret, database)] : [];
}

/** Refuses a first password that RDS would refuse. Later passwords don't go through RDS. */
function wrongLength(database: CfnResource, secret: ISecret): Error[] {
  const resource = rootOf(secret.secretArn);
  const engine = database.cfnResourceType.startsWith('AWS::RDS::') ? describeResource(database)?.engine : undefined;
  const [, max] = MAX_MASTER_PASSWORDS.find(([engines]) => engine !== undefined && engines.test(engine)) ?? [];
  if (!(resource instanceof CfnSecret) || max === undefined || !isFedFrom(database, secret, PASSWORD_KEY)) { return []; }
  const generator = generatorIn(resource);
  const length: unknown = generator?.generateStringKey === PASSWORD_KEY ? generator.passwordLength ?? DEFAULT_PASSWORD_LENGTH : undefined;
  if (typeof length !== 'number' || (length >= MIN_MASTER_PASSWORD && length <= max)) { return []; }
  return [invalid('passwordLength', `is ${length} for the first value of ${secret.node.path}, which is the master password of ${describeResource(database)!.path}, and RDS takes from `
    + `${MIN_MASTER_PASSWORD} to ${max} characters for the engine ${engine}. Give a passwordLength that is allowed`)];
}

function otherEngine({ fn, factoryFor, target: { factory } }: CheckedFunction, secret: ISecret, { path, type, engine }: Database): Error[] {
  const isOther = engine === undefined ? !type.startsWith('AWS::RDS::') : factoryFor(engine) !== factory;
  if (!isOther) { return []; }
  return [invalid('target', `${fn.node.path} has ${factory}, and its secret ${secret.node.path} is attached to ${path}, `
    + `which is ${nameOf({ path, type, engine })}. ${whatToGive(engine, factoryFor)}`)];
}

/** Refuses a port that the target doesn't connect to. */
function otherPort({ fn, target: { attachedProblem } }: CheckedFunction, secret: ISecret, { path, type }: Database): Error[] {
  if (attachedProblem === undefined || !type.startsWith('AWS::RDS::')) { return []; }
  return [invalid('endpoint', `is missing for ${fn.node.path}: its secret ${secret.node.path} is attached to ${path}, so it has the port of that, which ${attachedProblem}`)];
}

function unchangedPassword({ fn, factoryFor, target: { factory } }: CheckedFunction, secret: ISecret, database: Database): Error {
  return invalid('target', `${fn.node.path} has ${factory}, and its secret ${secret.node.path} holds the password of ${database.path}, `
    + `which is ${nameOf(database)}. A rotation would change the secret and not the database, `
    + `and logins with the secret would fail. ${whatToGive(database.engine, factoryFor)}`);
}

function proxyAttached(secret: string, proxy: string): string {
  return `${proxy} is a proxy of RDS, and CloudFormation can't attach the secret ${secret} to one. Attach the instance or the cluster behind the proxy: a rotation changes passwords `
    + 'there. The proxy reads the secret itself, so list the secret in its secrets';
}

function whatToGive(engine: string | undefined, factoryFor: FactoryFor): string {
  if (engine === undefined) { return 'Give the target of that database, such as RotationTarget.postgres, RotationTarget.mysql or RotationTarget.mariadb, or a target of your own'; }
  const factory = factoryFor(engine);
  return factory === undefined ? 'No target of this package rotates its users: give RotationTarget.module or RotationTarget.invoke, or use addRotationSchedule of a Secret of CDK'
    : `Give ${factory}`;
}

function nameOf({ type, engine }: Database): string {
  return engine === undefined ? `of the type ${type}` : `of the engine ${engine}`;
}

function pathOf(database: object): string {
  return Construct.isConstruct(database) ? database.node.path : 'what was given';
}

function describeTarget(attachment: CfnSecretTargetAttachment): Database {
  const token = Tokenization.reverseString(attachment.targetId).firstToken;
  const known = Reference.isReference(token) ? describeResource(token.target) : undefined;
  const target = (attachment.node.scope as { readonly target?: object } | undefined)?.target;
  const { targetType: type } = attachment;
  return { path: attachment.targetId, engine: ENGINES[type] ?? (target && engineOf(target)), ...known, type };
}

function describeResource(construct: IConstruct): Database | undefined {
  if (!CfnResource.isCfnResource(construct) || !WITH_MASTER_PASSWORD.test(construct.cfnResourceType)) { return undefined; }
  const { engine = ENGINES[construct.cfnResourceType] } = construct as { readonly engine?: unknown };
  const path = construct.node.path.replace(/\/Resource$/, '');
  return { path, type: construct.cfnResourceType, engine: typeof engine === 'string' && !Token.isUnresolved(engine) ? engine : undefined };
}

/** Whether a resource gets its master password at deployment from a key of the secret, or from its whole value. */
export function isFedFrom(resource: IConstruct, secret: ISecret, key: string | undefined): boolean {
  const password: unknown = (resource as { readonly masterUserPassword?: unknown }).masterUserPassword;
  if (password === undefined) { return false; }
  const stack = Stack.of(resource);
  const rotated = key === undefined ? secret.secretValue : secret.secretValueFromJson(key);
  return JSON.stringify(stack.resolve(password)) === JSON.stringify(stack.resolve(rotated.unsafeUnwrap()));
}

/** The resource of a secret of this app, also if the ARN is that of CDK's attachment. Otherwise the known ARN. */
export function rootOf(arn: string): CfnResource | string {
  const token = Tokenization.reverseString(arn).firstToken;
  if (!Reference.isReference(token) || !CfnResource.isCfnResource(token.target)) { return arn; }
  if (token.target instanceof CfnSecretTargetAttachment) { return rootOf(token.target.secretId); }
  return token.target instanceof CfnSecret ? token.target : arn;
}

/**
 * Warns of secrets of database users that have no host in their first value, and that nothing in the app attaches to a database.
 *
 * @param given the secrets, each with the name of the property
 */
export function warnOfMissingHosts(root: IConstruct, given: Iterable<readonly [property: string, secret: ISecret]>): void {
  const attached = root.node.findAll().filter((construct) => construct instanceof CfnSecretTargetAttachment).map(({ secretId }) => rootOf(secretId));
  for (const [property, secret] of given) {
    const resource = rootOf(secret.secretArn);
    if (!(resource instanceof CfnSecret) || attached.includes(resource) || mayHaveHost(resource)) { continue; }
    Annotations.of(secret).addWarningV2('cdk-rotating-secret:noHost', `${property}: ${secret.node.path} has no host in its value, and nothing in this app attaches it to a database, so a `
      + 'rotation doesn\'t know where to log in, and fails. Attach the database with attach, or put host into the value');
  }
}

function mayHaveHost(resource: CfnSecret): boolean {
  const text: unknown = generatorIn(resource)?.secretStringTemplate ?? Stack.of(resource).resolve(resource.secretString);
  // A value that isn't a string is known only to CloudFormation.
  if (typeof text !== 'string') { return true; }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value !== 'object' || value === null || Object.hasOwn(value, 'host');
  } catch {
    return true;
  }
}
