import { Mask, MASKED } from './mask';

/** Sixteen characters or more without a gap, with a letter and a digit. */
const KEY_LIKE = /(?=[\w+~-]*[a-z])(?=[\w+~-]*\d)[\w+~-]{16,}/gi;

/** The values of a secret that are known by now, to hide them in whatever leaves the function. */
export class KnownValues {
  private readonly values: Set<string>;
  private mask?: Mask;

  /** @param isComplete false as long as there may be a value that only the user's code knows: then whatever looks like a key is hidden too */
  constructor(values: Iterable<string>, private isComplete = true) {
    this.values = new Set(values);
  }

  public complete(): void {
    this.isComplete = true;
  }

  /** Hides a value from now on, and everything that is in it if it is no text. */
  public add(value: unknown): void {
    for (const text of textsIn(value)) {
      if (this.values.has(text)) { continue; }
      this.values.add(text);
      this.mask = undefined;
    }
  }

  public hide(text: string): string {
    this.mask ??= new Mask(this.values);
    const hidden = this.mask.apply(text);
    return this.isComplete ? hidden : hidden.replace(KEY_LIKE, MASKED);
  }
}

/** The strings and numbers in whatever a module returned, which may be no value at all. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') { return [value]; }
  if (typeof value === 'number' || typeof value === 'bigint') { return [String(value)]; }
  if (typeof value !== 'object' || value === null || seen.has(value)) { return []; }
  seen.add(value);
  if (ArrayBuffer.isView(value)) { return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()]; }
  // A Map gives pairs, a Set its members, an Error what isn't enumerable.
  const members = Symbol.iterator in value ? [...value as Iterable<unknown>] : [];
  const fields = Object.values(Object.getOwnPropertyDescriptors(value)).map((field) => field.value as unknown);
  return [...members, ...fields].flatMap((member) => textsIn(member, seen));
}
