/*
 * A target whose credentials a server issues, as IAM does with access keys. It isn't shipped: it shows that the port carries such a target, and how it
 * has to be written.
 */
import { ISSUE, type Perform } from './subjects';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { SecretValueError, TargetNotReadyError, TargetRefusedError } from '../../lambda-src/rotation/errors';
import type { SecretValues, Target, ValueRequest } from '../../lambda-src/target';

/** What the server shows of a credential after it was issued. */
export interface KeyInfo {
  readonly id: string;
  /** In milliseconds. */
  readonly issuedAt: number;
}

/** What the server shows once. */
export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** The server, for one user. */
export interface KeyApi {
  readonly now: number;
  list(): KeyInfo[];
  /** Undefined if the user has as many keys as it may have. */
  issue(): Key | undefined;
  /** Does nothing if there is no such key. */
  revoke(id: string): void;
  use(key: Key): boolean;
}

/** How often createSecret looks at the keys again, if they change under its eyes. */
const ROUNDS = 5;
/** How often in a row a key must be accepted: each answer may come from another node. */
const IN_A_ROW = 3;
const LOOKS = 60;
const PAUSE = 500;
/** By how much the clock of the server and that of the function may differ. */
const SKEW = 60_000;

/** The key in a value; undefined if there is none. */
export function keyIn(value: string | undefined): Key | undefined {
  try {
    const { keyId: id, keySecret: secret } = JSON.parse(value ?? '') as { keyId?: unknown; keySecret?: unknown };
    return typeof id === 'string' && typeof secret === 'string' && id !== '' && secret !== '' ? { id, secret } : undefined;
  } catch {
    return undefined;
  }
}

/** Everything of a value but its key. */
export function restIn(value: string): string {
  const rest = JSON.parse(value) as Record<string, unknown>;
  delete rest.keyId;
  delete rest.keySecret;
  return JSON.stringify(rest);
}

export class IssuedTarget implements Target {
  constructor(
    protected readonly api: KeyApi,
    protected readonly perform: Perform,
    /** Whether the user belongs to this secret alone, so that a key that no version names is an orphan of a crash. */
    protected readonly isExclusive: boolean,
  ) {}

  public async createValue({ current, values, deadline }: ValueRequest): Promise<string | undefined> {
    const rest = parse(current);
    for (let round = 0; round < ROUNDS; round++) {
      // Before the versions are read: what another copy stores meanwhile is then seen as stored.
      const keys = await this.list();
      const previous = await previousKey(values, deadline);
      if (await values.pendingIfAny() !== undefined) { return undefined; }
      const named = [keyIn(current)?.id, previous?.id];
      const unknown = keys.filter(({ id }) => !named.includes(id));
      if (unknown.length > 0) {
        if (await this.settleUnknown(unknown, values, deadline)) { return undefined; }
        continue;
      }
      await this.makeRoom(keys, keyIn(current), previous);
      const key = await this.perform(ISSUE, 'write', async () => this.api.issue());
      if (key) { return this.afterIssue(JSON.stringify({ ...rest, keyId: key.id, keySecret: key.secret })); }
      // Another copy was faster.
    }
    throw new TargetRefusedError('The user has as many keys as it may have, and they change all the time. See who else creates keys of this user');
  }

  public async discard(value: string): Promise<void> {
    await this.revoke(keyIn(value)!.id);
  }

  public hasNoCredentialYet(value: string): boolean {
    return keyIn(value) === undefined;
  }

  public validate(value: string): void {
    parse(value);
    if (!keyIn(value)) { throw new SecretValueError('The value of the secret has no key. It needs the strings "keyId" and "keySecret"'); }
  }

  public isDerived(pending: string, current: string): boolean {
    return restIn(pending) === restIn(current) && keyIn(pending)?.id !== keyIn(current)?.id;
  }

  public async setSecret(values: SecretValues): Promise<void> {
    this.validate(await values.pending());
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const value = await values.pending();
    this.validate(value);
    for (let look = 0, inARow = 0; look < LOOKS; look++) {
      inARow = await this.perform('use a key', 'read', async () => this.api.use(keyIn(value)!)) ? inARow + 1 : 0;
      if (inARow === this.inARow) { return; }
      if (!await deadline.pause(PAUSE)) { break; }
    }
    throw new TargetNotReadyError(`The key ${keyIn(value)!.id} is not accepted everywhere yet. Secrets Manager tries the rotation again`);
  }

  protected get inARow(): number { return IN_A_ROW; }

  /** What a naive target does before it returns. */
  protected async afterIssue(value: string): Promise<string> { return value; }

  /** The key of AWSPREVIOUS goes now, and not earlier: no version names it after this rotation. AWSPREVIOUS and AWSCURRENT may name the same one. */
  protected async makeRoom(keys: readonly KeyInfo[], current: Key | undefined, previous: Key | undefined): Promise<void> {
    if (previous && previous.id !== current?.id && keys.some(({ id }) => id === previous.id)) { await this.revoke(previous.id); }
  }

  /** Another copy may be about to store a key, or one has died before. True if the pending version has a value by now. */
  protected async settleUnknown(unknown: readonly KeyInfo[], values: SecretValues, deadline: Deadline): Promise<boolean> {
    if (await deadline.reread(() => values.pendingIfAny()) !== undefined) { return true; }
    const known = (await values.known()).map((value) => keyIn(value)?.id);
    const orphans = unknown.filter(({ id }) => !known.includes(id));
    const ids = orphans.map(({ id }) => id).join(', ');
    if (orphans.length > 0 && !this.isExclusive) {
      throw new TargetRefusedError(`No version of the secret names the keys ${ids} of the user, so they may be somebody else's. Delete them if nobody `
        + 'uses them, or declare that the user belongs to this secret alone');
    }
    if (orphans.some(({ issuedAt }) => this.api.now - issuedAt <= deadline.longestInMillis + SKEW)) {
      throw new TargetNotReadyError(`The keys ${ids} are so new that another copy of the function may be about to store one. Secrets Manager tries the rotation again`);
    }
    for (const { id } of orphans) { await this.revoke(id); }
    return false;
  }

  protected list(): Promise<KeyInfo[]> {
    return this.perform('list the keys', 'read', async () => this.api.list());
  }

  protected async revoke(id: string): Promise<void> {
    await this.perform(`revoke ${id}`, 'write', async () => this.api.revoke(id));
  }
}

/** @throws TargetNotReadyError if AWSPREVIOUS has a value that can't be read: a key in it would be taken for one that no version names */
async function previousKey({ ids, previous }: SecretValues, deadline: Deadline): Promise<Key | undefined> {
  if (ids.previous === undefined) { return undefined; }
  const value = await deadline.reread(() => previous(), 2);
  if (value !== undefined) { return keyIn(value); }
  throw new TargetNotReadyError('The version with AWSPREVIOUS can not be read, so its key is not known. Allow the function to read it, or remove its label');
}

function parse(value: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // What JSON.parse throws quotes the value.
  }
  if (typeof parsed === 'object' && parsed !== null) { return parsed as Record<string, unknown>; }
  throw new SecretValueError('The value of the secret is not a JSON object. Make it one');
}
