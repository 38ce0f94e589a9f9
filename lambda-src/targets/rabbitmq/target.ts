import { logInByAmqp } from './amqp';
import { callApi, Management, type CallApi, type ManagementLogin, type RabbitMqUser, type TopicPermission } from './management';
import { isHashOf, newHash } from './password-hash';
import type { HandlerConfig } from '../../../src/contract';
import { MAX_PORT, portOf } from '../../../src/targets/contract';
import {
  defaultManagementPort, parseRabbitMqConfig, RABBITMQ_CLONE_SUFFIX as CLONE_SUFFIX, RABBITMQ_DEFAULT_PORT,
  RABBITMQ_MANAGEMENT_PORT_KEY as MANAGEMENT_PORT, RABBITMQ_MAX_LOGIN as MAX_LOGIN, RABBITMQ_PASSWORD_KEY as PASSWORD, type RabbitMqTargetConfig,
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
    const value = replaceKey(next, PASSWORD, await generatePassword((password) => password !== old, roomAt(next, PASSWORD)));
    this.validate(value);
    return value;
  }

  public validate(value: string): void {
    mustFit(parseLogin(value));
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
    mustFit(pending);
    const { superuserSecretArn, certificateAuthority } = this.config;
    const superuser = await readSuperuser(values, superuserSecretArn, parseLogin, [current], [current.username, pending.username]);
    if (superuser.managementPort !== current.managementPort) {
      throw new SecretMismatchError(`The key "${MANAGEMENT_PORT}" differs between the superuser secret and the secret, and a credential isn't sent to a server that isn't known to be its own. Put the same port into both, or leave it out of both`);
    }
    if (superuser.username.includes(':')) {
      throw new SecretValueError('The key "username" of the superuser secret has a colon, with which HTTP ends a user name. Put another user with the tag administrator into that secret');
    }
    const management = new Management(this.call, superuser, superuserSecretArn, certificateAuthority, deadline);
    const rotation: Rotation = {
      management,
      pending,
      current,
      previous: await previousLogin(values, current),
      isAccepted: (login) => this.logIn(login, certificateAuthority, deadline),
    };
    await (this.config.alternatingUsers ? setOtherUser(rotation) : setUser(rotation));
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
      throw new AuthenticationError('The server does not accept the pending credentials by AMQP. See that the user exists, that auth_backends of the server has internal, and that loopback_users doesn\'t have the user. Secrets Manager retries the rotation');
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

interface Rotation {
  readonly management: Management;
  readonly pending: ServerLogin;
  readonly current: ServerLogin;
  /** Undefined if there is none for the same server. */
  readonly previous: ServerLogin | undefined;
  /** Whether the server accepts a login by AMQP. */
  readonly isAccepted: (login: ServerLogin) => Promise<boolean>;
}

function isClone(user: string): boolean {
  return user.endsWith(CLONE_SUFFIX) && user !== CLONE_SUFFIX;
}

/** @throws SecretValueError naming the key that is missing or wrong, and never what it holds */
function parseLogin(value: string): ManagementLogin {
  const login = parseServerLogin(value, RABBITMQ_DEFAULT_PORT);
  if (/^\.\.?$/.test(login.username)) {
    throw new SecretValueError(`The key "${USERNAME}" in the value of the secret is . or .., which the management API can't be asked for. Put a user with another name into the secret`);
  }
  const given = (JSON.parse(value) as Record<string, unknown>)[MANAGEMENT_PORT] ?? undefined;
  const managementPort = given === undefined ? defaultManagementPort(login.host) : portOf(given);
  if (managementPort === undefined) {
    throw new SecretValueError(`The key "${MANAGEMENT_PORT}" in the value of the secret is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
  }
  return { ...login, managementPort };
}

/** A longer login would be refused by `testSecret`, after the password was changed. */
function mustFit({ username, password }: ServerLogin): void {
  if (Buffer.byteLength(username) + Buffer.byteLength(password) <= MAX_LOGIN) { return; }
  throw new SecretValueError(`The keys "${USERNAME}" and "${PASSWORD}" of the value have more than ${MAX_LOGIN} bytes together, and RabbitMQ accepts no longer login. Choose a shorter passwordLength of the passwordPolicy`);
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

/** One of the versions must have the password of the user. Otherwise, a right to write the secret would be one to change passwords of other users. */
async function setUser(rotation: Rotation): Promise<void> {
  const { management, pending, current, previous } = rotation;
  const user = await existing(management, current);
  if (has(user, pending, current.username)) { return; }
  const known = [current, previous].find((version) => has(user, version, current.username));
  if (!known) {
    throw new AuthenticationError('The server accepts neither the current password of the user, nor the pending one, nor the previous one, so nothing was changed. Put the password that works into the '
      + 'version with AWSCURRENT, or give its password to the user (rabbitmqctl change_password), and rotate again');
  }
  if (!await logsIn(rotation, known)) { return; }
  await management.putUser(current.username, { ...newHash(pending.password, user.hashingAlgorithm), tags: user.tags });
}

/**
 * Whether the pending password has still to be set. `testSecret` logs in by AMQP. If that can't work, it has to show before AWSCURRENT is refused.
 *
 * @throws TargetRefusedError if a user with the right password can't log in
 */
async function logsIn({ management, pending, isAccepted }: Rotation, known: ServerLogin): Promise<boolean> {
  if (await isAccepted(known)) { return true; }
  // Another copy of the function may have changed the password meanwhile.
  const user = await management.user(known.username);
  if (user && has(user, pending, known.username)) { return false; }
  throw new TargetRefusedError('The user has the password of the secret, but the server refuses a login by AMQP with it, so nothing was changed. See that auth_backends of the server has internal, '
    + 'and that loopback_users doesn\'t have the user, as it has guest by default. Then rotate again');
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
async function setOtherUser(rotation: Rotation): Promise<void> {
  const { management, pending, current, previous } = rotation;
  const user = await existing(management, current);
  if (!has(user, current, current.username)) {
    throw new AuthenticationError('The server does not accept the credentials of the version with AWSCURRENT, so nothing was changed. Put the password that works into it, or give its password to the user '
      + '(rabbitmqctl change_password), and rotate again');
  }
  await logsIn(rotation, current);
  const name = pending.username;
  let partner = await management.user(name);
  const isTagged = partner?.tags.includes(CLONE_TAG) || (isClone(current.username) && user.tags.includes(CLONE_TAG));
  if (partner && !isTagged && !has(partner, previous, name) && !has(partner, pending, name)) {
    throw new TargetRefusedError('The server already has the user that alternates with the one of the key "username", and nothing proves that it belongs to this secret, so nothing was changed. Delete it, or give '
      + `the user whose name ends with ${CLONE_SUFFIX} the tag ${CLONE_TAG} beside its other tags (rabbitmqctl set_user_tags), and rotate again`);
  }
  // The tag stays if it proves that a rotation created the user.
  const getsTag = !partner || isClone(name) || partner.tags.includes(CLONE_TAG);
  const tags = [...user.tags.filter((tag) => tag !== CLONE_TAG), ...getsTag ? [CLONE_TAG] : []];
  const next = { ...newHash(pending.password, user.hashingAlgorithm), tags };
  // With the pending password at once. A placeholder could replace it late, if another copy of the function has finished the rotation meanwhile.
  partner ??= await create(management, name, next);
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
