import type { HandlerConfig } from '../../../src/contract';
import { parseGeneratedConfig, type GeneratedTargetConfig } from '../../../src/targets/generated/contract';
import { SecretValueError } from '../../rotation/errors';
import { equalButForKey, findFormat, isJsonObject, mustBeNextPassword, readKey, replaceKey, roomAt } from '../../rotation/secret-value';
import type { SecretValues, Target, ValueRequest } from '../../target';

/** @throws Error if it is the configuration of another asset. */
export function generatedTarget(config: HandlerConfig): Target {
  return new GeneratedTarget(parseGeneratedConfig(config));
}

/** A value that exists only in the secret: a key of a JSON object, or the whole string. */
export class GeneratedTarget implements Target {
  private readonly key?: string;

  constructor(config: Pick<GeneratedTargetConfig, 'generateStringKey'>) {
    this.key = config.generateStringKey;
  }

  public async createValue({ current, generatePassword }: Pick<ValueRequest, 'current' | 'generatePassword'>): Promise<string> {
    this.validate(current);
    if (this.key === undefined) {
      return generatePassword((password) => password !== current && findFormat(password) === undefined);
    }
    const old = readKey(current, this.key);
    return replaceKey(current, this.key, await generatePassword((password) => password !== old, roomAt(current, this.key)));
  }

  public validate(value: string): void {
    if (this.key !== undefined) {
      readKey(value, this.key);
      return;
    }
    const format = findFormat(value);
    if (format === undefined) { return; }
    const problem = isJsonObject(value) ? ', and generateStringKey is not set' : '';
    const remedy = isJsonObject(value) ? 'Set generateStringKey' : 'Rotate it with RotationTarget.module or RotationTarget.invoke, whose createSecret makes such a value';
    throw new SecretValueError(`The value of the secret is ${format}${problem}; a password in its place would lock its readers out. ${remedy}, or make the value a plain string`);
  }

  public async checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    mustBeNextPassword(this.passwordIn(next), this.passwordIn(await current()), versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return this.key === undefined || equalButForKey(pending, current, this.key);
  }

  public async setSecret(): Promise<void> {
    // No target has to accept the value.
  }

  public async testSecret(values: SecretValues): Promise<void> {
    this.validate(await values.pending());
  }

  private passwordIn(value: string): string {
    return this.key === undefined ? value : readKey(value, this.key);
  }
}
