/* The pages of this repository on the site, and their samples in each language. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { handwrittenIn, hashOf, problemsOf, type Handwritten } from './handwritten';
import { siteFileOf, type Page } from './pages';
import { samplesOf, type Language, type Sample } from './samples';
import { translate } from './translate';
import { filesBelow } from '../../../tools/files';
import { ROOT } from '../../../tools/run';

/** The handwritten samples, below site/samples. Go needs every sample, because no translation into Go compiles. */
const HANDWRITTEN: Readonly<Record<string, Language>> = { 'python/samples.py': 'python', 'java/samples.java': 'java', 'go/samples.go': 'go' };

export function pagesOfRepository(): Page[] {
  const read = (path: string) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') });
  const below = (folder: string) => existsSync(join(ROOT, folder)) ? filesBelow(join(ROOT, folder)).filter((file) => file.endsWith('.md')).map((file) => `${folder}/${file}`) : [];
  const readme = read('README.md');
  const home = read('site/home.md');
  return [
    { ...home, text: home.text.replace('<!-- README: The first secret -->\n', () => sectionOf(readme.text, 'The first secret')) },
    readme,
    ...['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'API.md'].map(read),
    ...[...below('docs'), ...below('dist/docs')].map(read),
  ];
}

export function samplesOfPages(pages: readonly Page[]): Sample[] {
  return pages.filter((page) => !isReference(page)).flatMap(({ path, text }) => samplesOf(path, text));
}

/** @returns the code of a sample in a language */
export function codesOf(samples: readonly Sample[]): (sample: Sample, language: Language) => string {
  const translations = translate(samples);
  const handwritten = new Map<Language, ReadonlyMap<string, Handwritten>>();
  const problems: string[] = [];
  for (const [file, language] of Object.entries(HANDWRITTEN)) {
    const written = handwrittenIn(readFileSync(join(ROOT, 'site', 'samples', file), 'utf8'));
    problems.push(...problemsOf(`site/samples/${file}`, samples, written, language === 'go'));
    handwritten.set(language, new Map(written.map((sample) => [sample.hash, sample])));
  }
  if (problems.length > 0) { throw new Error(problems.join('\n')); }
  return (sample, language) => {
    if (language === 'typescript') { return sample.code; }
    const own = language === 'python' ? sample.python : undefined;
    return own ?? handwritten.get(language)?.get(hashOf(sample))?.code ?? translations.get(hashOf(sample))![language];
  };
}

export function isReference({ path }: Page): boolean {
  return siteFileOf(path)!.startsWith('reference/');
}

/** The code blocks of a section. */
function sectionOf(text: string, heading: string): string {
  const [, section] = new RegExp(`^## ${heading}\\n([^]*?)^## `, 'm').exec(text)!;
  return section.slice(section.indexOf('```'), section.lastIndexOf('```\n') + 4);
}
