/* Samples in the other languages, by jsii-rosetta. That takes half a minute, so translations are cached in .site-cache.json. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TargetLanguage, Translator, renderApiLocation, type TranslatedSnippet, type TypeScriptSnippet } from 'jsii-rosetta';
import { hashOf } from './handwritten';
import { LANGUAGES, withFixture, type Language, type Sample } from './samples';
import { ROOT } from '../../../tools/run';

export type Translations = Readonly<Record<Exclude<Language, 'typescript'>, string>>;

const CACHE = join(ROOT, '.site-cache.json');

/**
 * The translations of each sample, by the hash of its code.
 *
 * @throws if a sample doesn't compile
 */
export function translate(samples: readonly Sample[]): Map<string, Translations> {
  const cache: Record<string, Translations> = existsSync(CACHE) ? JSON.parse(readFileSync(CACHE, 'utf8')) : {};
  const keys = new Map(samples.map((sample) => [hashOf(sample), keyOf(sample)]));
  const missing = new Map(samples.filter((sample) => !(keys.get(hashOf(sample))! in cache)).map((sample) => [keyOf(sample), sample]));
  const made = missing.size === 0 ? {} : translateAll(missing);
  const all: Record<string, Translations> = Object.fromEntries([...keys.values()].map((key) => [key, cache[key] ?? made[key]]));
  writeFileSync(CACHE, JSON.stringify(all));
  return new Map([...keys].map(([hash, key]) => [hash, all[key]]));
}

/** The keys are those of the samples. */
function translateAll(samples: ReadonlyMap<string, Sample>): Record<string, Translations> {
  process.chdir(ROOT);
  const translator = new Translator(true);
  const languages = LANGUAGES.filter((language) => language !== 'typescript');
  const snippets = [...samples].map(([key, sample]) => snippetOf(key, sample));
  const translated = translator.translateSnippets(snippets, languages.map((language) => language as TargetLanguage));
  const errors = translator.diagnostics.filter(({ isError }) => isError).map(({ formattedMessage }) => formattedMessage);
  if (errors.length > 0) { throw new Error(`jsii-rosetta doesn't translate the samples of the pages:\n${errors.join('\n')}`); }
  const codesOf = (snippet: TranslatedSnippet) => languages.map((language) => [language, tidy(snippet.get(language as TargetLanguage)!.source)]);
  return Object.fromEntries(translated.map((snippet) => [
    renderApiLocation(snippet.snippet.location.api).replace(/.* /, ''),
    Object.fromEntries(codesOf(snippet)) as Translations,
  ]));
}

function snippetOf(key: string, { name, code, fixture }: Sample): TypeScriptSnippet {
  const visible = (text: string) => text.trim() === '' ? text : `/// !show\n${text}\n/// !hide`;
  const completeSource = `/// !hide\n${withFixture({ code }, readFileSync(join(ROOT, 'rosetta', `${fixture}.ts-fixture`), 'utf8'), visible)}`;
  return { visibleSource: code.trimEnd(), completeSource, location: { api: { api: 'file', fileName: `${name} ${key}` } }, strict: true, parameters: { $directory: ROOT } };
}

/** Fixes the translation: it has two empty lines below imports, and repeats the last comment of a statement. */
function tidy(code: string): string {
  const lines = code.split('\n');
  const isRepeated = (line: string, index: number) => /^ +\/\//.test(line) && index > 0 && lines[index - 1].endsWith(line);
  return lines.filter((line, index) => !isRepeated(line, index)).join('\n').replace(/\n{3,}/g, '\n\n').trim();
}

/** The inputs of a translation: the sample, the declarations of its names, the API and the translator. */
function keyOf({ code, fixture }: Sample): string {
  const hash = createHash('sha256').update(code);
  for (const file of [`rosetta/${fixture}.ts-fixture`, '.jsii', 'package-lock.json']) { hash.update(readFileSync(join(ROOT, file))); }
  return hash.digest('hex');
}
