import { SecretValueError } from '../../rotation/errors';
import { isJsonObject, MAX_VALUE_BYTES, putMember, readKey } from '../../rotation/secret-value';

/** The credential in a secret: the id of an access key, and its secret half or what is derived from it. */
export interface Credential {
  readonly id: string;
  readonly secret: string;
}

/** More characters than an id or a secret half has: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html */
const ROOM = 128;

/** A credential at two keys of a JSON object. Every other byte stays the same. */
export class CredentialValue {
  /**
   * @param idKey the key of the id
   * @param secretKey the key of the other half
   */
  constructor(private readonly idKey: string, private readonly secretKey: string) {}

  /** Undefined if the value has no complete credential, as before the first rotation. */
  public find(value: string): Credential | undefined {
    const [id, secret] = [this.read(value, this.idKey), this.read(value, this.secretKey)];
    return id === '' || secret === '' ? undefined : { id, secret };
  }

  /** The id in a value that isn't rotated, and may be any text. */
  public idIn(value: string): string | undefined {
    try {
      return this.find(value)?.id;
    } catch {
      return undefined;
    }
  }

  /** @throws SecretValueError if the value has no room for a credential, or can't have one */
  public checkRoom(value: string): void {
    const bytes = Buffer.byteLength(this.put(value, { id: 'A'.repeat(ROOM), secret: 'A'.repeat(ROOM) }));
    if (bytes <= MAX_VALUE_BYTES) { return; }
    throw new SecretValueError(`The value of the secret has no room for an access key: with one it may have ${bytes} bytes, and Secrets Manager takes at most ${MAX_VALUE_BYTES}. Make it shorter`);
  }

  /** @throws SecretValueError if the value has no complete credential */
  public get(value: string): Credential {
    const found = this.find(value);
    if (found) { return found; }
    throw new SecretValueError(`The value of the secret has no access key. It needs strings at the keys ${JSON.stringify(this.idKey)} and ${JSON.stringify(this.secretKey)}, which a rotation makes`);
  }

  /** The value with another credential. */
  public put(value: string, { id, secret }: Credential): string {
    // Throws for a number or a list at one of the keys, which must not be replaced.
    this.find(value);
    return putMember(putMember(value, this.idKey, JSON.stringify(id)), this.secretKey, JSON.stringify(secret));
  }

  /** Whether a value differs from the current one in the credential, and in nothing else. */
  public isNext(pending: string, current: string): boolean {
    const credential = this.get(pending);
    return this.put(current, credential) === pending && credential.id !== this.find(current)?.id;
  }

  /** Empty if there is none. */
  private read(value: string, key: string): string {
    if (!isJsonObject(value)) {
      throw new SecretValueError('The value of the secret is not a JSON object, and a rotation puts an access key into one. Make it one, such as {}');
    }
    return Object.hasOwn(JSON.parse(value) as object, key) ? readKey(value, key) : '';
  }
}
