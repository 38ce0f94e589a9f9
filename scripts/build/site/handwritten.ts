/*
 * Samples that are written by hand, because jsii-rosetta's translation doesn't compile. Each is in a file of site/samples, between `sample: PAGE
 * HASH` and `end`. The hash is that of the TypeScript, so that a sample can't change in one language only.
 */
import { createHash } from 'node:crypto';
import type { Sample } from './samples';

export interface Handwritten {
  readonly page: string;
  readonly hash: string;
  readonly code: string;
}

const REGION = /^[ \t]*(?:\/\/|#) sample: (\S+) ([0-9a-f]{8})\n([^]*?)^[ \t]*(?:\/\/|#) end$/gm;

export function handwrittenIn(text: string): Handwritten[] {
  return [...text.matchAll(REGION)].map(([, page, hash, code]) => ({ page, hash, code: dedented(code) }));
}

/** The hash that identifies a sample. */
export function hashOf({ code }: Pick<Sample, 'code'>): string {
  return createHash('sha256').update(code).digest('hex').slice(0, 8);
}

/** The problems of the samples in one file, and how to fix them. With `all`, every one of `samples` has to be there. */
export function problemsOf(file: string, samples: readonly Sample[], handwritten: readonly Handwritten[], all: boolean): string[] {
  const known = new Set(samples.map(hashOf));
  const written = new Set(handwritten.map(({ hash }) => hash));
  const stale = handwritten.filter(({ hash }) => !known.has(hash))
    .map(({ page, hash }) => `${file}: ${page} has no sample with the hash ${hash}. If the sample changed, change this one, and its hash. Otherwise remove it`);
  const missing = all ? samples.filter((sample) => !written.has(hashOf(sample))) : [];
  return [...stale, ...missing.map((sample) => `${file}: the sample ${sample.name} is missing. Write it below "sample: ${sample.name.split(' ')[0]} ${hashOf(sample)}"`)];
}

function dedented(code: string): string {
  const lines = code.trimEnd().split('\n');
  const [indent] = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)![0]).sort((a, b) => a.length - b.length);
  return lines.map((line) => line.slice(indent.length)).join('\n');
}
