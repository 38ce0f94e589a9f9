/*
 * The README of a package in another language is the one of the jsii assembly. Its links are relative to the repository, and lead nowhere on
 * the pages of PyPI and of Go: in the assembly they become absolute. `npx projen compile` writes the assembly anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SPEC_FILE_NAME } from '@jsii/spec';
import { ROOT } from './bundle-options';
import { absoluteLinks } from './links';

const path = join(ROOT, SPEC_FILE_NAME);
const assembly = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string; readonly readme: { markdown: string }; readonly repository: { readonly url: string } };
assembly.readme.markdown = absoluteLinks(assembly.readme.markdown, assembly.repository.url, assembly.version);
writeFileSync(path, JSON.stringify(assembly, undefined, 2));
