/** As many characters of a value in a row are taken for a part of it, unless told otherwise. */
const GRAM = 6;
/** Shorter values are too likely to be part of any sentence. */
const SHORTEST = 3;
const MASKED = '***';

/** Hides the values of a secret in a text: whole, in part, and in the encodings that they travel in. */
export class Mask {
  private readonly grams = new Map<number, Set<string>>();

  /**
   * @param values the values of the secret's versions, as they are stored
   * @param gram how many characters in a row are taken for a part of a value
   */
  constructor(values: Iterable<string>, private readonly gram = GRAM) {
    for (const value of values) {
      for (const leaf of leavesOf(value)) {
        for (const form of formsOf(leaf)) { this.add(form); }
      }
    }
  }

  public apply(text: string): string {
    const hidden = new Array<boolean>(text.length).fill(false);
    for (const [length, grams] of this.grams) {
      for (let start = 0; start + length <= text.length; start++) {
        if (grams.has(text.slice(start, start + length))) { hidden.fill(true, start, start + length); }
      }
    }
    let masked = '';
    for (let index = 0; index < text.length; index++) {
      if (!hidden[index]) { masked += text[index]; } else if (!hidden[index - 1]) { masked += MASKED; }
    }
    return masked;
  }

  private add(form: string): void {
    const length = Math.min(form.length, this.gram);
    if (length < SHORTEST) { return; }
    const grams = this.grams.get(length) ?? new Set();
    this.grams.set(length, grams);
    for (let start = 0; start + length <= form.length; start++) { grams.add(form.slice(start, start + length)); }
  }
}

/** The strings and numbers in a JSON text; the text itself where it is no JSON. */
function leavesOf(value: string): string[] {
  try {
    return flatten(JSON.parse(value));
  } catch {
    return [value];
  }
}

function flatten(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) { return Object.values(value).flatMap(flatten); }
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function formsOf(leaf: string): string[] {
  const bytes = Buffer.from(leaf);
  // Base64 has three forms of a text, by where in a longer text it stands; what the neighbours touch is left out.
  const base64 = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '').slice(offset === 0 ? 0 : offset + 1, -1));
  return [
    leaf, JSON.stringify(leaf).slice(1, -1), encodeURIComponent(bytes.toString()), bytes.toString('hex'),
    ...base64, ...base64.map((form) => form.replace(/\+/g, '-').replace(/\//g, '_')),
  ];
}
