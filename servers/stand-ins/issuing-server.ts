import { createHmac } from 'node:crypto';

/** The parts of a key that the server shows at any time. */
export interface KeyInfo {
  readonly id: string;
  /** In milliseconds. */
  readonly issuedAt: number;
}

/** The parts that the server shows only once. */
export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** The credential in a secret. */
export interface Shape {
  readonly idKey: string;
  readonly secretKey: string;
  /** The secret half, or what is derived from it. */
  derived(secret: string): string;
}

export const AS_ISSUED: Shape = { idKey: 'accessKeyId', secretKey: 'secretAccessKey', derived: (secret) => secret };

/** The password for SES: https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html */
export const AS_SMTP: Shape = {
  idKey: 'username',
  secretKey: 'password',
  derived(secret) {
    const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const terminal = hmac(hmac(hmac(hmac(`AWS4${secret}`, '11111111'), 'eu-west-1'), 'ses'), 'aws4_request');
    return Buffer.concat([Buffer.of(4), hmac(terminal, 'SendRawEmail')]).toString('base64');
  },
};

/** The key in a value. Undefined if there is none. Independent of the target's code. */
export function issuedKey(value: string | undefined, { idKey, secretKey }: Shape = AS_ISSUED): Key | undefined {
  try {
    const { [idKey]: id, [secretKey]: secret } = JSON.parse(value ?? '') as Record<string, unknown>;
    return typeof id === 'string' && typeof secret === 'string' && id !== '' && secret !== '' ? { id, secret } : undefined;
  } catch {
    return undefined;
  }
}

/** The value without its key. */
export function restIn(value: string, { idKey, secretKey }: Shape = AS_ISSUED): string {
  const { [idKey]: _, [secretKey]: __, ...rest } = JSON.parse(value) as Record<string, unknown>;
  return JSON.stringify(rest);
}

interface Stored {
  readonly secret: string;
  readonly issuedAt: number;
  /** How often it was tried. */
  uses: number;
  wasUsed: boolean;
}

const LIMIT = 2;
/** After so many uses, both nodes know a key. */
const KNOWN_EVERYWHERE = 2;
/** Longer than a function can run. */
const LONG = 16 * 60_000;

/** A server that issues keys: two for a user, each shown once and not accepted everywhere at once. */
export class IssuingServer {
  public readonly alwaysAcceptsCurrent = true;
  public readonly revokesPreviousIn = 'createSecret';
  public now = 0;
  private keys = new Map<string, Stored>();
  private issued = 0;
  private foreign = new Set<string>();

  /** @param first the keys before the first rotation */
  constructor(
    private readonly first: readonly Key[] = [],
    private readonly foreigners: readonly string[] = [],
    private readonly shape: Shape = AS_ISSUED,
    /** Of the ids of keys. */
    private readonly prefix = 'KEY',
  ) {
    this.start();
  }

  public async reset(): Promise<void> { this.start(); }

  /** Whether every node accepts it. */
  public async accepts(value: string): Promise<boolean> {
    const key = issuedKey(value, this.shape);
    const stored = key && this.keys.get(key.id);
    return stored !== undefined && this.shape.derived(stored.secret) === key!.secret && stored.uses >= KNOWN_EVERYWHERE;
  }

  public elapse(): void {
    this.now += LONG;
    for (const key of this.keys.values()) { key.uses = Math.max(key.uses, KNOWN_EVERYWHERE); }
  }

  public obey(error: string): boolean {
    const named = [...this.keys.keys()].filter((id) => new RegExp(`\\b${id}\\b`).test(error));
    for (const id of named) { this.revokeByHand(id); }
    return named.length > 0;
  }

  public strays(values: readonly string[]): string[] {
    return [...this.keys.keys()].filter((id) => !values.some((value) => issuedKey(value, this.shape)?.id === id));
  }

  public hasRevokedForeign(): boolean { return [...this.foreign].some((id) => !this.keys.has(id)); }

  /** Creates a foreign key. */
  public issueToForeigner(id: string): void {
    this.keys.set(id, { secret: 'of-somebody-else', issuedAt: this.now, uses: KNOWN_EVERYWHERE, wasUsed: true });
    this.foreign.add(id);
  }

  public revokeByHand(id: string): void {
    this.keys.delete(id);
    this.foreign.delete(id);
  }

  public list(): KeyInfo[] {
    return [...this.keys].map(([id, { issuedAt }]) => ({ id, issuedAt }));
  }

  public issue(): Key | undefined {
    if (this.keys.size >= LIMIT) { return undefined; }
    const n = ++this.issued;
    const key = { id: `${this.prefix}${n}`, secret: `shh${n}-half-shown-once` };
    this.keys.set(key.id, { secret: key.secret, issuedAt: this.now, uses: 0, wasUsed: false });
    return key;
  }

  /** False if there is no such key. */
  public revoke(id: string): boolean { return this.keys.delete(id); }

  public wasUsed(id: string): boolean { return this.keys.get(id)?.wasUsed ?? false; }

  /** Two nodes answer in turn. The second one knows a key a little later. */
  public use({ id, secret }: Key): boolean {
    const key = this.keys.get(id);
    if (!key || key.secret !== secret) { return false; }
    const use = key.uses++;
    key.wasUsed = true;
    return use % 2 === 0 || use >= KNOWN_EVERYWHERE;
  }

  /** Like `use`, with the content of a secret. */
  public logIn(id: string, derived: string): boolean {
    const secret = this.keys.get(id)?.secret;
    return secret !== undefined && this.shape.derived(secret) === derived && this.use({ id, secret });
  }

  private start(): void {
    this.now = 0;
    this.issued = 0;
    this.keys = new Map(this.first.map(({ id, secret }) => [id, { secret, issuedAt: 0, uses: KNOWN_EVERYWHERE, wasUsed: true }]));
    this.foreign = new Set();
    for (const id of this.foreigners) { this.issueToForeigner(id); }
  }
}
