import { createHash } from 'node:crypto';
import { DemoError } from './demo-error';

/** What may be shown and said about the values of a secret. */
export abstract class ValueText {
  /** The secret parts of a value. */
  public abstract secretsIn(value: string): readonly string[];

  /** The value with a mask in place of its secrets. */
  public abstract masked(value: string, mask: string): string;

  /** Eight digits that are others when the secrets are. */
  public fingerprint(value: string): string {
    return createHash('sha256').update(this.secretsIn(value).join('\n')).digest('hex').slice(0, 8);
  }

  /** Whether a text holds a secret of any of these values. */
  public isIn(text: string, values: readonly string[]): boolean {
    return values.flatMap((value) => this.secretsIn(value)).some((secret) => holdsSecret(text, secret));
  }
}

/** The values of a JSON secret of which one key is a password. */
export class SecretText extends ValueText {
  constructor(private readonly key: string) { super(); }

  public secretsIn(value: string): readonly string[] { return [this.passwordOf(value)]; }

  public passwordOf(value: string): string {
    let password: unknown;
    try {
      password = JSON.parse(value)[this.key];
    } catch { /* What JSON.parse throws quotes the value. */ }
    if (typeof password !== 'string') { throw new DemoError(`A value of the secret is not JSON with a password in the key ${this.key}.`); }
    return password;
  }

  /** The value with a mask in place of the password. */
  public masked(value: string, mask: string): string {
    return JSON.stringify({ ...JSON.parse(value), [this.key]: mask });
  }

  /** Whether two values differ in the password, and in nothing else, not even in white space. */
  public differOnlyInPassword(one: string, other: string): boolean {
    const [password, otherPassword] = [this.passwordOf(one), this.passwordOf(other)];
    const around = one.split(JSON.stringify(password));
    return password !== otherPassword && around.length === 2 && around.join(JSON.stringify(otherPassword)) === other;
  }
}

/** Whether a text holds a secret, unchanged or escaped in one of the usual ways. */
function holdsSecret(text: string, password: string): boolean {
  const inJson = JSON.stringify(password).slice(1, -1);
  const forms = [
    password,
    inJson,
    JSON.stringify(inJson).slice(1, -1),
    encodeURIComponent(password),
    Buffer.from(password).toString('hex'),
    Buffer.from(password).toString('base64').replace(/=+$/, ''),
    Buffer.from(password).toString('base64url'),
  ];
  return forms.some((form) => text.includes(form));
}
