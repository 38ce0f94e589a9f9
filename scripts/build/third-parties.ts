/* The packages in the bundles, from the bundler's metadata, with the texts of their licences. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** An SPDX identifier. */
  readonly license: string;
  readonly text: string;
  /** Its NOTICE file, which Apache-2.0 requires to pass on. */
  readonly notice?: string;
  /** The bundles that contain it. */
  readonly bundles: readonly string[];
}

/** A bundle, with esbuild's metadata. */
export interface Bundled {
  readonly bundle: string;
  readonly metafile?: Metafile;
  /** Packages whose data is beside the code. */
  readonly dataOf?: readonly string[];
}

/** The allowed licences, each with words that identify its text. */
const LICENSES: Readonly<Record<string, string>> = {
  'Apache-2.0': 'Apache License',
  'ISC': 'Permission to use, copy, modify, and/or distribute this software',
  'MIT': 'Permission is hereby granted, free of charge',
};

/** The packages of all bundles, below `root`. Packages that esbuild read and dropped again count too, to be safe. */
export function thirdParties(root: string, all: readonly Bundled[]): ThirdParty[] {
  const bundlesOf = new Map<string, Set<string>>();
  for (const { bundle, metafile, dataOf = [] } of all) {
    const inputs = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs: read }) => Object.keys(read));
    for (const folder of [...inputs.flatMap(packageOf), ...dataOf.map((name) => `node_modules/${name}`)]) {
      bundlesOf.set(folder, (bundlesOf.get(folder) ?? new Set()).add(bundle));
    }
  }
  return [...bundlesOf.keys()].sort().map((folder) => describe(join(root, folder), [...bundlesOf.get(folder)!].sort()));
}

/** The folder of the package that contains a file. Empty for our own files. */
function packageOf(file: string): string[] {
  const [folder] = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
  return folder === undefined ? [] : [folder];
}

function describe(folder: string, bundles: string[]): ThirdParty {
  const { name, version, license: given } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
  const license = chosenOf(given);
  const words = Object.hasOwn(LICENSES, license) ? LICENSES[license] : undefined;
  if (words === undefined) {
    throw new Error(`${name} ${version} is bundled under the licence ${license}; allowed are ${Object.keys(LICENSES).join(', ')}`);
  }
  const text = licenseTexts(folder).find((candidate) => oneLine(candidate).includes(words));
  if (text === undefined) {
    throw new Error(`${name} ${version} is bundled, and has no text of its licence ${license}: neither a file nor a part of its README`);
  }
  return { name, version, license, text, notice: fileLike(folder, /^notice(\.(md|txt))?$/i), bundles };
}

/** An allowed licence, if a package lets its users choose one, as in `(Apache-2.0 OR UPL-1.0)`. */
export function chosenOf(license: string): string {
  return /^\((.+)\)$/.exec(license)?.[1].split(' OR ').find((each) => Object.hasOwn(LICENSES, each)) ?? license;
}

function licenseTexts(folder: string): string[] {
  const readme = fileLike(folder, /^readme(\.md)?$/i);
  const inReadme = /^#+ *licen[cs]e\b[^\n]*\n([^]*?)(?=\n#|(?![^]))/im.exec(readme ?? '')?.[1];
  return [fileLike(folder, /^(licen[cs]e|copying)(\.(md|txt))?$/i), inReadme].filter((text) => text !== undefined);
}

function fileLike(folder: string, name: RegExp): string | undefined {
  const file = existsSync(folder) ? readdirSync(folder).sort().find((candidate) => name.test(candidate)) : undefined;
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8');
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
