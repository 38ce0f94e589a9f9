/** So many characters of a value in a row are taken for a part of it, by default. */
const GRAM = 6;
/** Shorter values are too likely to be in any sentence. */
const SHORTEST = 3;
export const MASKED = '***';

/**
 * Hides the values of a secret in a text: whole, in part, and in common encodings. Case is ignored.
 *
 * It finds a value unencoded, in JSON, backslash, URL and HTML escapes, in base64, and as a list of bytes in hexadecimal or decimal. It doesn't
 * find values of one or two characters, fewer than six characters of a longer one, other encodings, or encrypted, compressed or hashed values.
 */
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
    for (const view of viewsOf(text)) {
      const folded = fold(view.text);
      for (const [length, grams] of this.grams) {
        for (let start = 0; start + length <= folded.length; start++) {
          if (grams.has(folded.slice(start, start + length))) { hidden.fill(true, view.starts[start], view.ends[start + length - 1]); }
        }
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
    const folded = fold(form);
    for (let start = 0; start + length <= folded.length; start++) { grams.add(folded.slice(start, start + length)); }
  }
}

/** In lower case, of the same length. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.split('').map((unit) => unit.toLowerCase().length === 1 ? unit.toLowerCase() : unit).join('');
}

/** The strings and numbers in a JSON text. The text itself if it is not JSON. */
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
  // A text has three base64 forms, by its position in a longer text. Characters that depend on neighbours are left out.
  const base64 = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '').slice(offset === 0 ? 0 : offset + 1, -1));
  return [
    leaf, JSON.stringify(leaf).slice(1, -1), encodeURIComponent(bytes.toString()), bytes.toString('hex'), bytes.toString('latin1'),
    ...base64, ...base64.map((form) => form.replace(/\+/g, '-').replace(/\//g, '_')),
  ];
}

/** A decoded text, and the position of each of its characters in the original. */
interface View {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

function viewsOf(text: string): View[] {
  const indexes = Array.from({ length: text.length }, (_, index) => index);
  const raw: View = { text, starts: indexes, ends: indexes.map((index) => index + 1) };
  const unescaped = decode(raw, BACKSLASH, unescape);
  const url = decode(raw, /(?:%[0-9a-f]{2})+/gi, (match) => inUtf8(Buffer.from(match.replace(/%/g, ''), 'hex'), 3));
  const views = [
    raw,
    unescaped,
    // JSON in JSON.
    decode(unescaped, BACKSLASH, unescape),
    url,
    decode(url, /\+/g, () => [{ character: ' ', length: 1 }]),
    decode(raw, /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, unescapeHtml),
    decode(raw, /\b[0-9a-f]{2}(?:[\s:,-]{1,2}(?:0x)?[0-9a-f]{2}){2,}\b/gi, (match) => inBytes(match, /[0-9a-f]{2}/gi, 16)),
    decode(raw, /\b\d{1,3}(?:\s*[,;\s]\s*\d{1,3}){2,}\b/g, (match) => inBytes(match, /\d+/g, 10)),
  ];
  return views.filter((view, index) => index === 0 || view.text !== text);
}

interface Decoded {
  readonly character: string;
  /** The length in the original. */
  readonly length: number;
}

const BACKSLASH = /\\(?:u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}|x([0-9a-f]{2})|(["'`\\/bfnrt]))/gi;
const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };

function unescape(match: string, groups: readonly (string | undefined)[]): Decoded[] {
  const [unit, point, byte, other] = groups;
  return ofCodePoint(unit ?? point ?? byte, 16, match) ?? [{ character: ESCAPED[other!] ?? other!, length: match.length }];
}

function unescapeHtml(match: string, [decimal, hexadecimal, name]: readonly (string | undefined)[]): Decoded[] {
  return ofCodePoint(decimal, 10, match) ?? ofCodePoint(hexadecimal, 16, match)
    ?? [{ character: ENTITIES[name!.toLowerCase()], length: match.length }];
}

function ofCodePoint(digits: string | undefined, base: number, match: string): Decoded[] | undefined {
  if (digits === undefined) { return undefined; }
  const point = parseInt(digits, base);
  return [{ character: point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point), length: match.length }];
}

/** The characters of bytes. Each byte was written with a fixed number of characters. */
function inUtf8(bytes: Buffer, width: number): Decoded[] {
  return [...bytes.toString()].map((character) => ({ character, length: width * Buffer.byteLength(character) }));
}

/** The bytes of a list, one character each. */
function inBytes(list: string, digits: RegExp, base: number): Decoded[] {
  let end = 0;
  return [...list.matchAll(digits)].map(({ 0: byte, index }) => {
    const length = index + byte.length - end;
    end = index + byte.length;
    return { character: String.fromCharCode(parseInt(byte, base)), length };
  });
}

type Decode = (match: string, groups: readonly (string | undefined)[]) => Decoded[];

function decode(view: View, pattern: RegExp, decoded: Decode): View {
  const characters: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const take = (text: string, from: number, to: number) => {
    // A character of two units, such as an emoji, has two entries.
    for (const unit of text.split('')) {
      characters.push(unit);
      starts.push(view.starts[from]);
      ends.push(view.ends[Math.min(to, view.ends.length) - 1]);
    }
  };
  let position = 0;
  for (const { 0: match, 1: one, 2: two, 3: three, 4: four, index } of view.text.matchAll(pattern)) {
    for (; position < index; position++) { take(view.text[position], position, position + 1); }
    for (const { character, length } of decoded(match, [one, two, three, four])) {
      take(character, Math.min(position, index + match.length - 1), Math.min(position + length, index + match.length));
      position += length;
    }
    position = index + match.length;
  }
  for (; position < view.text.length; position++) { take(view.text[position], position, position + 1); }
  return { text: characters.join(''), starts, ends };
}
