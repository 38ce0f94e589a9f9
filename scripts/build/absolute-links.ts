/*
 * The README of a package in another language is that of the jsii assembly. Its relative links lead nowhere on the pages of PyPI and of Go, so
 * this makes them absolute in the assembly. An example in TypeScript and in Python stays once: for Python in Python, for other languages
 * in TypeScript, which jsii-pacmak translates. `npx projen compile` writes the assembly anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SPEC_FILE_NAME } from '@jsii/spec';
import { ROOT } from './bundle-options';
import { examplesOnce } from './examples-once';
import { absoluteLinks } from './links';

const path = join(ROOT, SPEC_FILE_NAME);
const assembly = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string; readonly readme: { markdown: string }; readonly repository: { readonly url: string } };
// From the file, because an earlier language has changed the assembly.
const readme = examplesOnce(readFileSync(join(ROOT, 'README.md'), 'utf8'), process.argv[2]);
assembly.readme.markdown = absoluteLinks(readme, assembly.repository.url, assembly.version);
writeFileSync(path, JSON.stringify(assembly, undefined, 2));
