import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Configuration } from '../configuration.js';
import type { SecretVersion } from './secret-version.js';
import { SecretVersionsProvider } from './secret-versions.provider.js';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1000;

export interface SecretStatus {
  readonly versionId: string;
  readonly ageSeconds: number;
}

/** The secret of this service: cached while that does no harm, and read again as soon as it does. */
@Injectable()
export class SecretsService {
  private readonly logger = new Logger(SecretsService.name);
  private readonly secretId: string;
  private readonly maxAge: number;
  private readonly patience: number;
  private latest?: SecretVersion;
  private replacement?: Promise<SecretVersion | undefined>;

  constructor(private readonly provider: SecretVersionsProvider, config: ConfigService<Configuration, true>) {
    this.secretId = config.get('SECRET_ID', { infer: true });
    this.maxAge = config.get('SECRET_TTL_SECONDS', { infer: true });
    this.patience = config.get('LOGIN_PATIENCE_SECONDS', { infer: true }) * 1000;
  }

  /** From the cache, or from Secrets Manager where that is too old. */
  async current(): Promise<SecretVersion> {
    return this.read(false);
  }

  /**
   * Another version than this one, which the database refused. Where Secrets Manager has none it waits for one, as a rotation of a single
   * user may just have changed the password and not yet moved AWSCURRENT. Everybody who asks meanwhile waits for the same.
   *
   * @returns undefined where the refused version is still the current one when the patience is over
   */
  async replacementOf(refused: SecretVersion): Promise<SecretVersion | undefined> {
    if (this.latest && this.latest.versionId !== refused.versionId) { return this.latest; }
    this.replacement ??= this.awaitReplacement(refused).finally(() => { this.replacement = undefined; });
    return this.replacement;
  }

  /** What may be told to everybody. */
  status(): SecretStatus | null {
    const { latest } = this;
    return latest ? { versionId: latest.versionId, ageSeconds: Math.round((performance.now() - latest.readAt) / 1000) } : null;
  }

  private async awaitReplacement(refused: SecretVersion): Promise<SecretVersion | undefined> {
    const deadline = performance.now() + this.patience;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const read = await this.read(true).catch((error: Error) => this.logger.warn(`The secret can't be read: ${error.message}`));
      if (read && read.versionId !== refused.versionId) {
        this.logger.log(`The login of version ${refused.versionId} was refused; ${read.versionId} is current`);
        return read;
      }
      if (performance.now() + pause > deadline) { return undefined; }
      await sleep(pause);
    }
  }

  private async read(forceFetch: boolean): Promise<SecretVersion> {
    const version = await this.provider.get(this.secretId, { maxAge: this.maxAge, forceFetch });
    if (!this.latest || version.readAt > this.latest.readAt) { this.latest = version; }
    return version;
  }
}
