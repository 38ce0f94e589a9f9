import { Mask, MASKED } from './mask';

/** Sixteen characters or more without a gap, with a letter and a digit. */
const KEY_LIKE = /(?=[\w+~-]*[a-z])(?=[\w+~-]*\d)[\w+~-]{16,}/gi;

/** The known values of a secret, which are masked in every text that leaves the function. */
export class KnownValues {
  private readonly values: Set<string>;
  private mask?: Mask;

  /** @param isComplete false while there may be a value that only the user's code knows. Texts that look like a key are then masked too */
  constructor(values: Iterable<string>, private isComplete = true) {
    this.values = new Set(values);
  }

  public complete(): void {
    this.isComplete = true;
  }

  /** Masks a value from now on. Of anything but a string, it masks every string and number in it. */
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

/** The strings and numbers in any returned value. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') { return [value]; }
  if (typeof value === 'number' || typeof value === 'bigint') { return [String(value)]; }
  if (typeof value !== 'object' || value === null || seen.has(value)) { return []; }
  seen.add(value);
  if (ArrayBuffer.isView(value)) { return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()]; }
  // A Map has pairs, a Set has members, and the properties of an Error aren't enumerable.
  const members = Symbol.iterator in value ? [...value as Iterable<unknown>] : [];
  const fields = Object.values(Object.getOwnPropertyDescriptors(value)).map((field) => field.value as unknown);
  return [...members, ...fields].flatMap((member) => textsIn(member, seen));
}
