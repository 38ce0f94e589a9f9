/**
 * Makes the documentation's site, in site/dist: the README, docs/ and the reference, with each sample in five languages. It includes the
 * references of the other languages if `npx projen docgen:languages` has written them.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deadLinks } from './site/dead-links';
import { outsideCode, sidebarOf, siteFileOf, titleOf, withSiteLinks } from './site/pages';
import { codesOf, isReference, pagesOfRepository, samplesOfPages } from './site/repository';
import { withTabs } from './site/samples';
import { startCommand } from '../../tools/command';
import { filesBelow } from '../../tools/files';
import { ROOT, run } from '../../tools/run';
import { build } from '../check/shared/build';

const { values } = startCommand({
  name: 'site',
  description: 'Make the documentation as a site, in site/dist; takes a minute',
  options: { serve: { type: 'boolean' } },
  usage: { '--serve': 'show it on this machine, until Ctrl+C' },
});

const SITE = join(ROOT, 'site');
const PAGES = join(SITE, 'pages');
const OUTPUT = join(SITE, 'dist');
const BASE = '/cdk-rotating-secret/';
/** Not in the search, because each reference is longer than all pages together. */
const REFERENCE = '---\nsearch: false\noutline: 2\n---\n\n';
const { repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly repository: { readonly url: string } };
const GITHUB = repository.url.replace(/\.git$/, '');

build();
installGenerator();
writePages();
vitepress('build');
refuseDeadLinks();
if (values.serve) { vitepress('preview'); }

/** Its dependencies are not part of the normal installation. */
function installGenerator(): void {
  const lock = readFileSync(join(SITE, 'package-lock.json'), 'utf8');
  const installed = join(SITE, 'node_modules', '.installed');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) { return; }
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', SITE]);
  writeFileSync(installed, lock);
}

function writePages(): void {
  const pages = pagesOfRepository();
  const samples = samplesOfPages(pages);
  const codeOf = codesOf(samples);
  rmSync(PAGES, { recursive: true, force: true });
  for (const page of pages) {
    const linked = withSiteLinks(page, GITHUB, (path) => existsSync(join(ROOT, path)));
    const text = page.path === 'CHANGELOG.md' || isReference(page) ? outsideCode(linked, withoutTemplates) : linked;
    write(siteFileOf(page.path)!, isReference(page) ? REFERENCE + text.replace(/^# API Reference.*$/m, `# ${titleOf(page)}`) : withTabs(page.path, text, codeOf));
  }
  for (const image of filesBelow(join(ROOT, 'docs')).filter((file) => file.endsWith('.svg'))) {
    mkdirSync(dirname(join(PAGES, image)), { recursive: true });
    cpSync(join(ROOT, 'docs', image), join(PAGES, image));
  }
  write('site.json', JSON.stringify({ base: BASE, github: GITHUB, sidebar: sidebarOf(pages) }));
  console.log(`${pages.length} pages, ${samples.length} samples in five languages`);
}

/** Vue would take `{{` for a template, and `<name>` for a component. */
function withoutTemplates(text: string): string {
  return text.replace(/`[^`\n]*`|\{\{|<(?!\/?(?:a|code|sup|span|br|p)\b)/g, (found) => ({ '{{': '&#123;&#123;', '<': '&lt;' })[found] ?? found);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(PAGES, file)), { recursive: true });
  writeFileSync(join(PAGES, file), text);
}

function vitepress(command: string): void {
  const { status } = spawnSync(process.execPath, [join(SITE, 'node_modules', 'vitepress', 'bin', 'vitepress.js'), command, SITE], { cwd: SITE, stdio: 'inherit' });
  if (status !== 0) { process.exit(status ?? 1); }
}

function refuseDeadLinks(): void {
  const files = filesBelow(OUTPUT);
  const pages = new Map(files.filter((file) => file.endsWith('.html')).map((file) => [file, readFileSync(join(OUTPUT, file), 'utf8')]));
  const dead = deadLinks(pages, new Set(files), BASE);
  if (dead.length > 0) { throw new Error(`Links of the site that lead nowhere:\n${dead.join('\n')}`); }
  console.log(`site/dist: ${pages.size} pages, all links and anchors lead somewhere`);
}
