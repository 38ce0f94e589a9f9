/* eslint-disable no-bitwise */

/** A seeded generator (mulberry32) whose state can be saved, so that a run can be replayed and branched. */
export class SeededRandom {
  constructor(public state: number) {}

  /** A number from 0 up to, but not including, 1. */
  public next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}

export function randomInteger(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

export function randomText(random: () => number, alphabet: string, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) { text += alphabet[randomInteger(random, alphabet.length)]; }
  return text;
}

/** A version 4 UUID. */
export function randomUuid(random: () => number): string {
  const hex = randomText(random, '0123456789abcdef', 31);
  const variant = '89ab'[randomInteger(random, 4)];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${variant}${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}
