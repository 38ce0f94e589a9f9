import { logInByAmqp } from './amqp';
import { callApi, Management, type CallApi, type ManagementLogin, type RabbitMqUser, type TopicPermission } from './management';
import { HASHING_ALGORITHM, hashPassword, isHashOf } from './password-hash';
import type { HandlerConfig } from '../../../src/contract';
import { MAX_PORT, portOf } from '../../../src/targets/contract';
import {
  defaultManagementPort, parseRabbitMqConfig, RABBITMQ_CLONE_SUFFIX as CLONE_SUFFIX, RABBITMQ_DEFAULT_PORT,
  RABBITMQ_MANAGEMENT_PORT_KEY as MANAGEMENT_PORT, RABBITMQ_PASSWORD_KEY as PASSWORD, type RabbitMqTargetConfig,
} from '../../../src/targets/rabbitmq/contract';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, RotationError, SecretMismatchError, SecretValueError, TargetRefusedError } from '../../rotation/errors';
import { equalButForKey, mustBeNextPassword, readKey, replaceKey, roomAt } from '../../rotation/secret-value';
import type { SecretValues, Target, ValueRequest } from '../../target';
import { mustShareServer, parseServerLogin, readSuperuser, shareServer, type ServerLogin } from '../server-login';

/** @throws Error if it is the configuration of another asset */
export function rabbitMqTarget(config: HandlerConfig): Target {
  return new RabbitMqTarget(parseRabbitMqConfig(config), callApi, logInByAmqp);
}

/** Whether a server accepts a user by AMQP. */
export type LogIn = typeof logInByAmqp;

const USERNAME = 'username';

/** The tag of a second user that a rotation has created. The name of the user says to which first user it belongs. */
export const CLONE_TAG = 'cdk-rotating-secret-clone';

/** A topic permission with this pattern allows the same as none. */
const EVERYTHING = '.*';

/** A user of RabbitMQ, or two users in turn. */
export class RabbitMqTarget implements Target {
  constructor(private readonly config: RabbitMqTargetConfig, private readonly call: CallApi, private readonly logIn: LogIn) {}

  public async createValue({ current, generatePassword }: ValueRequest): Promise<string> {
    const { password: old } = parseLogin(current);
    const next = this.withNextUser(current);
    return replaceKey(next, PASSWORD, await generatePassword((password) => password !== old, roomAt(next, PASSWORD)));
  }

  public validate(value: string): void {
    parseLogin(value);
  }

  public async checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    mustBeNextPassword(readKey(next, PASSWORD), readKey(await current(), PASSWORD), versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return equalButForKey(pending, this.withNextUser(current), PASSWORD);
  }

  public async setSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pendingValue, currentValue] = [await values.pending(), await values.current()];
    const [pending, current] = [parseLogin(pendingValue), parseLogin(currentValue)];
    if (!this.isDerived(pendingValue, currentValue)) {
      throw new SecretMismatchError('The pending value differs from the current one in more than a rotation changes, so it was not sent anywhere. One of them was '
        + 'changed by hand. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    const { superuserSecretArn, certificateAuthority } = this.config;
    const superuser = await readSuperuser(values, superuserSecretArn, parseLogin, [current], [current.username, pending.username]);
    if (superuser.managementPort !== current.managementPort) {
      throw new SecretMismatchError(`The key "${MANAGEMENT_PORT}" differs between the superuser secret and the secret, and a credential isn't sent to a server that isn't known to be its own. Put the same port into both, or leave it out of both`);
    }
    const management = new Management(this.call, superuser, superuserSecretArn, certificateAuthority, deadline);
    const previous = await previousLogin(values, current);
    await (this.config.alternatingUsers ? setOtherUser(management, pending, current, previous) : setUser(management, pending, current, previous));
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pending, current] = [parseLogin(await values.pending()), parseLogin(await values.current())];
    mustShareServer(pending, current, 'the pending version and the current one');
    // At a deployment, testSecret runs alone, with a copy of the current version.
    if (![current.username, this.nextUser(current.username)].includes(pending.username)) {
      throw new SecretMismatchError('The key "username" of the pending version is not the user that comes after the current one. Remove AWSPENDING with '
        + 'UpdateSecretVersionStage and rotate again');
    }
    // A node of a cluster may take a moment to know a new password. RabbitMQ locks no user after wrong logins.
    const accepted = await deadline.reread(async () => await this.logIn(pending, this.config.certificateAuthority, deadline) || undefined);
    if (!accepted) {
      throw new AuthenticationError('The server does not accept the pending credentials by AMQP. See that the user exists, and that auth_mechanisms of the server has PLAIN. Secrets Manager retries the rotation');
    }
  }

  private nextUser(user: string): string {
    if (!this.config.alternatingUsers) { return user; }
    return isClone(user) ? user.slice(0, -CLONE_SUFFIX.length) : user + CLONE_SUFFIX;
  }

  /** The value with the user of the next version. Every other byte stays the same. */
  private withNextUser(value: string): string {
    const user = readKey(value, USERNAME);
    const next = this.nextUser(user);
    return next === user ? value : replaceKey(value, USERNAME, next);
  }
}

function isClone(user: string): boolean {
  return user.endsWith(CLONE_SUFFIX) && user !== CLONE_SUFFIX;
}

/** @throws SecretValueError naming the key that is missing or wrong, and never what it holds */
function parseLogin(value: string): ManagementLogin {
  const login = parseServerLogin(value, RABBITMQ_DEFAULT_PORT);
  const given = (JSON.parse(value) as Record<string, unknown>)[MANAGEMENT_PORT] ?? undefined;
  const managementPort = given === undefined ? defaultManagementPort(login.host) : portOf(given);
  if (managementPort === undefined) {
    throw new SecretValueError(`The key "${MANAGEMENT_PORT}" in the value of the secret is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
  }
  return { ...login, managementPort };
}

async function previousLogin(values: SecretValues, current: ServerLogin): Promise<ServerLogin | undefined> {
  const value = await values.previous();
  if (value === undefined) { return undefined; }
  try {
    const previous = parseLogin(value);
    return shareServer(previous, current) ? previous : undefined;
  } catch (error) {
    if (error instanceof RotationError) { return undefined; }
    throw error;
  }
}

/** Whether the user has the password of a version. */
function has({ passwordHash, hashingAlgorithm }: RabbitMqUser, version: ServerLogin | undefined, username: string): boolean {
  return version?.username === username && isHashOf(passwordHash, hashingAlgorithm, version.password);
}

function withPassword({ password }: ServerLogin, tags: readonly string[]): RabbitMqUser {
  return { passwordHash: hashPassword(password), hashingAlgorithm: HASHING_ALGORITHM, tags };
}

/** One of the versions must have the password of the user. Otherwise, a right to write the secret would be one to change passwords of other users. */
async function setUser(management: Management, pending: ServerLogin, current: ServerLogin, previous: ServerLogin | undefined): Promise<void> {
  const user = await existing(management, current);
  if (has(user, pending, current.username)) { return; }
  if (!has(user, current, current.username) && !has(user, previous, current.username)) {
    throw new AuthenticationError('The server accepts neither the current password of the user, nor the pending one, nor the previous one, so nothing was changed. Put the password that works into the '
      + 'version with AWSCURRENT, or give its password to the user (rabbitmqctl change_password), and rotate again');
  }
  await management.putUser(current.username, withPassword(pending, user.tags));
}

async function existing(management: Management, { username }: ServerLogin): Promise<RabbitMqUser> {
  const user = await management.user(username);
  if (user) { return user; }
  throw new TargetRefusedError('The server has no user with the name of the key "username", so nothing was changed. Create the user there, with the password of the version with AWSCURRENT');
}

/**
 * The user of AWSCURRENT is never changed. A new user has no permission on a virtual host before `copyRights`, and an existing one keeps the
 * password of AWSPREVIOUS until its rights are copied.
 */
async function setOtherUser(management: Management, pending: ServerLogin, current: ServerLogin, previous: ServerLogin | undefined): Promise<void> {
  const user = await existing(management, current);
  if (!has(user, current, current.username)) {
    throw new AuthenticationError('The server does not accept the credentials of the version with AWSCURRENT, so nothing was changed. Put the password that works into it, or give its password to the user '
      + '(rabbitmqctl change_password), and rotate again');
  }
  const name = pending.username;
  const tags = [...user.tags.filter((tag) => tag !== CLONE_TAG), ...isClone(name) ? [CLONE_TAG] : []];
  const next = withPassword(pending, tags);
  let partner = await management.user(name);
  if (!partner) {
    // With the pending password at once. A placeholder could replace it late, if another copy of the function has finished the rotation meanwhile.
    partner = await create(management, name, next);
  } else if (![user, partner].some((each) => each.tags.includes(CLONE_TAG)) && !has(partner, previous, name) && !has(partner, pending, name)) {
    throw new TargetRefusedError('The server already has the user that alternates with the one of the key "username", and nothing proves that it belongs to this secret, so nothing was changed. Delete it, or give '
      + `the user whose name ends with ${CLONE_SUFFIX} the tag ${CLONE_TAG} beside its other tags (rabbitmqctl set_user_tags), and rotate again`);
  }
  await copyRights(management, current.username, name);
  if (!has(partner, pending, name) || !isSame(partner.tags, tags)) { await management.putUser(name, next); }
}

/** Creates a user, or finds the one that another copy of the function creates at the same time. The server answers 400 to one of two creations. */
async function create(management: Management, name: string, user: RabbitMqUser): Promise<RabbitMqUser> {
  try {
    await management.putUser(name, user);
    return user;
  } catch (error) {
    if (!(error instanceof TargetRefusedError)) { throw error; }
    const other = await management.user(name);
    if (!other?.tags.includes(CLONE_TAG)) { throw error; }
    return other;
  }
}

/**
 * Gives a user the permissions and limits of another one, and takes away others. A topic permission narrows a permission, so it comes before it.
 */
async function copyRights(management: Management, from: string, to: string): Promise<void> {
  const [wanted, present] = [await management.permissions(from), await management.permissions(to)];
  for (const { vhost } of present) {
    if (!wanted.some((each) => each.vhost === vhost)) { await management.deletePermission(to, vhost); }
  }
  await copyTopicPermissions(management, await management.topicPermissions(from), await management.topicPermissions(to), to);
  for (const permission of wanted) {
    const { vhost, configure, write, read } = permission;
    const found = present.find((each) => each.vhost === vhost);
    if (found?.configure !== configure || found.write !== write || found.read !== read) { await management.putPermission(to, permission); }
  }
  const [limits, presentLimits] = [await management.limits(from), await management.limits(to)];
  for (const [limit, value] of Object.entries(limits)) {
    if (presentLimits[limit] !== value) { await management.putLimit(to, limit, value); }
  }
  for (const limit of Object.keys(presentLimits)) {
    if (!Object.hasOwn(limits, limit)) { await management.deleteLimit(to, limit); }
  }
}

async function copyTopicPermissions(
  management: Management, wanted: readonly TopicPermission[], present: readonly TopicPermission[], to: string,
): Promise<void> {
  const find = (all: readonly TopicPermission[], { vhost, exchange }: TopicPermission) =>
    all.find((each) => each.vhost === vhost && each.exchange === exchange);
  const allowsEverything = ({ write, read }: TopicPermission) => write === EVERYTHING && read === EVERYTHING;
  for (const permission of wanted) {
    const found = find(present, permission);
    if (found?.write !== permission.write || found.read !== permission.read) { await management.putTopicPermission(to, permission); }
  }
  for (const vhost of new Set(present.map((each) => each.vhost))) {
    if (!wanted.some((each) => each.vhost === vhost)) {
      await management.deleteTopicPermissions(to, vhost);
      continue;
    }
    // The API deletes those of all exchanges at once. Until the others were back, the user could do more than it may.
    for (const permission of present.filter((each) => each.vhost === vhost && !find(wanted, each) && !allowsEverything(each))) {
      await management.putTopicPermission(to, { ...permission, write: EVERYTHING, read: EVERYTHING });
    }
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}
