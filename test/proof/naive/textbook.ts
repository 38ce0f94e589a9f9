import type { Mistake } from './mistakes';
import type { RotationEvent } from '../../../simulator';
import type { HandlerDependencies, HandlerFactory } from '../subjects';

interface Version {
  readonly id: string;
  readonly value: string;
  readonly created: Date;
}

/** The state of a module between invocations. */
interface Memory {
  current?: Version;
}

class TextbookError extends Error {
  public override readonly name = 'TextbookError';
}

/** A careful, handwritten rotation function, or the same with one mistake. */
export function textbook(mistake?: Mistake): HandlerFactory {
  return (dependencies) => {
    const memory: Memory = {};
    return (event) => new TextbookRotation(event as RotationEvent, dependencies, memory, mistake).run();
  };
}

class TextbookRotation {
  constructor(
    private readonly event: RotationEvent, private readonly dependencies: HandlerDependencies,
    private readonly memory: Memory, private readonly mistake?: Mistake,
  ) {}

  public async run(): Promise<void> {
    const { event: { Step }, dependencies: { log } } = this;
    if (this.makes('eventLogged')) { log('INFO', `${Step} with ${JSON.stringify(this.event)}`, {}); }
    try {
      if (this.makes('admitsInParallel')) {
        await Promise.all([this.admit(), this.step()]);
      } else if (await this.admit() === 'pending') {
        await this.step();
      }
      log('INFO', `${Step} succeeded`, {});
    } catch (error) {
      if (error instanceof TextbookError || this.makes('rawErrors')) { throw error; }
      if (this.makes('errorsSwallowed')) { return; }
      const cause = this.makes('causeInError') ? `: ${(error as Error).message}` : '';
      throw new TextbookError(`${Step} failed; look in CloudTrail for the call${cause}`);
    }
  }

  private get token(): string { return this.event.ClientRequestToken; }

  private get secret() { return { SecretId: this.event.SecretId }; }

  private makes(mistake: Mistake): boolean { return this.mistake === mistake; }

  /** Whether the version is the pending one, or the current one already. */
  private async admit(): Promise<'pending' | 'current'> {
    const admission = await this.eventually(async () => {
      const { RotationEnabled, VersionIdsToStages = {} } = await this.dependencies.client.send('DescribeSecret', this.secret);
      const labels = VersionIdsToStages[this.token] ?? [];
      if (RotationEnabled === false && !this.makes('cancelNotChecked')) { throw new TextbookError('Rotation is not enabled; enable it'); }
      if (labels.includes('AWSCURRENT') && !this.makes('promotedNotExpected')) { return 'current'; }
      return labels.includes('AWSPENDING') || this.makes('pendingNotChecked') ? 'pending' : undefined;
    });
    if (!admission) { throw new TextbookError('The version is not the pending one; rotate again'); }
    return admission;
  }

  private async step(): Promise<void> {
    switch (this.event.Step) {
      case 'createSecret': return this.createSecret();
      case 'setSecret': return this.setSecret();
      case 'testSecret': return this.testSecret();
      case 'finishSecret': return this.finishSecret();
    }
  }

  private async createSecret(): Promise<void> {
    if (await this.read(this.pendingId) && !this.makes('secondValue')) { return; }
    const current = await this.current();
    const { RandomPassword = '' } = await this.dependencies.client.send('GetRandomPassword', {});
    const value = this.withPassword(current.value, RandomPassword);
    if (this.makes('valueLogged')) { this.dependencies.log('INFO', `The new value is ${value}`, {}); }
    try {
      await this.dependencies.client.send('PutSecretValue', {
        ...this.secret,
        SecretString: value,
        ClientRequestToken: this.makes('putsWithoutToken') || this.makes('simplyPuts') ? undefined : this.token,
        RotationToken: this.makes('putsWithoutRotationToken') ? undefined : this.event.RotationToken,
        VersionStages: this.makes('promotesBeforeTest') || this.makes('simplyPuts') ? undefined : ['AWSPENDING'],
      });
    } catch (error) {
      // Another copy of the function was faster, or the read above was stale: the stored value counts.
      if (!isNamed(error, 'ResourceExistsException')) { throw error; }
    }
  }

  /** A database function would now change the password, logged in with the current one. */
  private async setSecret(): Promise<void> {
    await this.connect();
  }

  private async testSecret(): Promise<void> {
    if (this.makes('testSkipped')) { return; }
    if (this.makes('testWrites')) {
      await this.dependencies.client.send('UpdateSecretVersionStage', {
        ...this.secret, VersionStage: 'TESTED', MoveToVersionId: this.token,
      });
    }
    const { value } = await this.connect();
    if (!passwordOf(value)) {
      const which = this.makes('valueInError') ? value : 'the pending credential';
      throw new TextbookError(`The server refused ${which}; start a new rotation`);
    }
    if (this.makes('testRefusesCopy') && value === (await this.current()).value) {
      throw new TextbookError('Nothing was rotated; rotate again');
    }
  }

  private async finishSecret(): Promise<void> {
    const pending = await this.pending();
    const current = await this.current();
    if (current.id === this.token) { return; }
    if ((pending.created < current.created || !isSameServer(pending, current)) && !this.makes('promotesStale')) {
      throw new TextbookError('The secret was changed; start a new rotation');
    }
    try {
      await this.promote(current.id);
    } catch (error) {
      if (!this.makes('labelForced')) { throw error; }
      await this.promote((await this.current()).id);
    }
  }

  /** The pending version, after a check that its credential is for the same server as the current one. */
  private async connect(): Promise<Version> {
    const pending = await this.pending();
    const host = hostOf(pending.value);
    if (!isSameServer(pending, await this.current()) && !this.makes('dialsPendingHost')) {
      throw new TextbookError('The pending value differs in more than the password; start a new rotation');
    }
    this.dependencies.dial(host);
    return pending;
  }

  private get pendingId() { return this.makes('pendingWithoutVersion') ? { VersionStage: 'AWSPENDING' } : { VersionId: this.token }; }

  private async pending(): Promise<Version> {
    const version = await this.eventually(() => this.read(this.pendingId));
    if (!version) { throw new TextbookError('The pending version has no value; it is tried again from createSecret'); }
    return version;
  }

  private async current(): Promise<Version> {
    const known = this.makes('cachesCurrent') ? this.memory.current : undefined;
    const version = known ?? await this.read({ VersionStage: 'AWSCURRENT' });
    if (!version) { throw new TextbookError('There is no current version; give AWSCURRENT to the one that works'); }
    this.memory.current = version;
    return version;
  }

  private async read(version: { VersionId: string } | { VersionStage: string }): Promise<Version | undefined> {
    try {
      const { VersionId = '', SecretString = '', CreatedDate = new Date() } =
        await this.dependencies.client.send('GetSecretValue', { ...this.secret, ...version });
      return { id: VersionId, value: SecretString, created: CreatedDate };
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException') || this.makes('anyErrorIsNotFound')) { return undefined; }
      throw error;
    }
  }

  /** Reads again if something is missing, because a read may lag behind a write. */
  private async eventually<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look();
    if (found !== undefined || this.makes('looksOnce')) { return found; }
    await this.dependencies.sleep(1000);
    return look();
  }

  private async promote(fromId: string): Promise<void> {
    await this.dependencies.client.send('UpdateSecretVersionStage', {
      ...this.secret, VersionStage: 'AWSCURRENT', MoveToVersionId: this.token, RemoveFromVersionId: fromId,
    });
  }

  private withPassword(value: string, password: string): string {
    if (this.makes('otherKeysLost')) { return JSON.stringify({ host: hostOf(value), password }); }
    if (this.makes('reprintsJson')) { return JSON.stringify({ ...JSON.parse(value) as object, password }); }
    return replacePassword(value, password);
  }
}

function isNamed(error: unknown, name: string): boolean {
  return (error as Error).name === name;
}

/** Replaces the text of the password. All other text stays the same. */
function replacePassword(value: string, password: string): string {
  return value.replace(/(?<="password": )"(?:[^"\\]|\\.)*"/, () => JSON.stringify(password));
}

function isSameServer(one: Version, other: Version): boolean {
  return replacePassword(one.value, '') === replacePassword(other.value, '');
}

function passwordOf(value: string): unknown {
  return (JSON.parse(value) as { password?: unknown }).password;
}

function hostOf(value: string): string {
  return (JSON.parse(value) as { host: string }).host;
}
