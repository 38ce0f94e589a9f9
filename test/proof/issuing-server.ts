import type { Key, KeyApi, KeyInfo } from './issued-target';
import { keyIn } from './issued-target';
import type { Server } from './subjects';

interface Stored {
  readonly secret: string;
  readonly issuedAt: number;
  /** How often it was tried. */
  uses: number;
}

const LIMIT = 2;
/** From this use on, both nodes know a key. */
const KNOWN_EVERYWHERE = 2;
/** More than a function can run. */
const LONG = 16 * 60_000;

/** What a server does that issues keys: two for a user, each shown once and not accepted everywhere at once. */
export class IssuingServer implements Server, KeyApi {
  public readonly alwaysAcceptsCurrent = true;
  public readonly revokesPreviousIn = 'createSecret';
  public now = 0;
  private keys = new Map<string, Stored>();
  private issued = 0;
  private foreign = new Set<string>();

  /** @param first the keys that there are before the first rotation */
  constructor(private readonly first: readonly Key[] = [], private readonly foreigners: readonly string[] = []) {
    this.start();
  }

  public async reset(): Promise<void> { this.start(); }

  /** Whether every node accepts it. */
  public async accepts(value: string): Promise<boolean> {
    const key = keyIn(value);
    const stored = key && this.keys.get(key.id);
    return stored !== undefined && stored.secret === key!.secret && stored.uses >= KNOWN_EVERYWHERE;
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
    return [...this.keys.keys()].filter((id) => !values.some((value) => keyIn(value)?.id === id));
  }

  public hasRevokedForeign(): boolean { return [...this.foreign].some((id) => !this.keys.has(id)); }

  /** Somebody else creates a key. */
  public issueToForeigner(id: string): void {
    this.keys.set(id, { secret: 'of-somebody-else', issuedAt: this.now, uses: KNOWN_EVERYWHERE });
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
    const key = { id: `KEY${n}`, secret: `shh${n}-half-shown-once` };
    this.keys.set(key.id, { secret: key.secret, issuedAt: this.now, uses: 0 });
    return key;
  }

  public revoke(id: string): void { this.keys.delete(id); }

  /** Two nodes take turns. The second one knows a key a little later. */
  public use({ id, secret }: Key): boolean {
    const key = this.keys.get(id);
    if (!key || key.secret !== secret) { return false; }
    const use = key.uses++;
    return use % 2 === 0 || use >= KNOWN_EVERYWHERE;
  }

  private start(): void {
    this.now = 0;
    this.issued = 0;
    this.keys = new Map(this.first.map(({ id, secret }) => [id, { secret, issuedAt: 0, uses: KNOWN_EVERYWHERE }]));
    this.foreign = new Set();
    for (const id of this.foreigners) { this.issueToForeigner(id); }
  }
}
