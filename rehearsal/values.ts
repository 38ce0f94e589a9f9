import { inspect } from 'node:util';
import { isJsonObject } from '../lambda-src/rotation/secret-value';
import { Mask } from '../lambda-src/targets/own/mask';

/** So many characters of a value in a row are no coincidence. */
const TELLING = 12;

/** The strings in a value, by the path of their keys. The whole value if it is not a JSON object. */
function stringsIn(value: unknown, path: readonly string[] = []): [path: string, text: string][] {
  if (typeof value === 'string') { return [[JSON.stringify(path), value]]; }
  if (typeof value !== 'object' || value === null) { return []; }
  return Object.entries(value).flatMap(([key, member]) => stringsIn(member, [...path, key]));
}

const parse = (value: string): unknown => isJsonObject(value) ? JSON.parse(value) : value;

/** The known values of a secret, from its versions. */
export class Values {
  private readonly seen = new Set<string>();
  private readonly secrets = new Set<string>();
  private readonly rotated = new Set<string>();

  /** @param notSecret keys that may change and be seen */
  constructor(private readonly notSecret: readonly string[] = []) {}

  /** Values that no report may hold. */
  public add(values: Iterable<string>): void {
    for (const value of values) { this.seen.add(value); }
  }

  /** Secrets in no version, such as a password that was generated just before the function died. */
  public addSecrets(secrets: Iterable<string>): void {
    for (const secret of secrets) {
      this.seen.add(secret);
      this.secrets.add(secret);
    }
  }

  /** Learns from the versions of a rotation, oldest first, which parts of a value rotate. */
  public learn(versions: readonly string[]): void {
    this.add(versions);
    for (const [index, value] of versions.entries()) {
      const before = new Map(stringsIn(parse(versions[index - 1] ?? value)));
      for (const [path, text] of stringsIn(parse(value))) {
        if (before.get(path) !== text) { this.rotated.add(path); }
      }
    }
  }

  /** A value of the same shape that the target never got. */
  public neverAccepted(value: string): string {
    const parsed = parse(value);
    const change = (member: unknown, path: readonly string[]): unknown => {
      if (typeof member === 'string') { return this.rotated.has(JSON.stringify(path)) ? shifted(member) : member; }
      if (typeof member !== 'object' || member === null) { return member; }
      const changed = Object.entries(member).map(([key, inner]) => [key, change(inner, [...path, key])] as const);
      return Array.isArray(member) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
    };
    const changed = change(parsed, []);
    return typeof changed === 'string' ? changed : JSON.stringify(changed);
  }

  /** A text with every value, and every possible part of one, masked. */
  public mask(text: string): string {
    return new Mask(this.seen).apply(text);
  }

  /** Detects texts with a rotating value, or with a long enough part of one. */
  public detector(): (text: string) => boolean {
    const isSecret = ([path]: [path: string, text: string]) => this.rotated.has(path) && !this.notSecret.includes((JSON.parse(path) as string[])[0]);
    const secrets = [...this.seen].flatMap((value) => stringsIn(parse(value)).filter(isSecret).map(([, secret]) => secret));
    const mask = new Mask([...secrets, ...this.secrets].map((secret) => JSON.stringify(secret)), TELLING);
    return (text) => mask.apply(text) !== text;
  }
}

/** Another text with the same length and types of characters. */
function shifted(text: string): string {
  const types = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'];
  return [...text].map((character) => {
    const type = types.find((characters) => characters.includes(character));
    return type ? type[(type.indexOf(character) + 5) % type.length] : character;
  }).join('');
}

/** The current state of a target. */
export class State {
  private readonly text: string;
  /** The number of things in it. */
  public readonly size: number;

  constructor(held: unknown) {
    this.text = inspect(held, { depth: Infinity, sorted: true, maxArrayLength: null, maxStringLength: null });
    this.size = sizeOf(held);
  }

  public equals(other: State): boolean {
    return this.text === other.text;
  }
}

function sizeOf(held: unknown, above: readonly unknown[] = []): number {
  if (typeof held !== 'object' || held === null || above.includes(held)) { return 1; }
  const members = held instanceof Map || held instanceof Set ? [...held.values()] : Object.values(held);
  return members.reduce<number>((sum, member) => sum + sizeOf(member, [...above, held]), 1);
}
