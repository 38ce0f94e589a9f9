/* Where a page of the repository is on the site, and what its links become there. Pure: text in, text out. */
import { dirname, join, relative } from 'node:path/posix';

/** Pages outside docs/. */
const OTHERS: Readonly<Record<string, string>> = {
  'README.md': 'start.md',
  'CONTRIBUTING.md': 'contributing/index.md',
  'SECURITY.md': 'security.md',
  'CHANGELOG.md': 'changelog.md',
  'API.md': 'reference/typescript.md',
  'site/home.md': 'index.md',
};

/** The sidebar, by subject. Pages of docs/targets/ need no entry. */
const SUBJECTS: readonly { readonly subject: string; readonly pages: readonly string[] }[] = [
  { subject: 'Start', pages: ['README.md', 'docs/which-strategy.md', 'docs/support.md', 'docs/options.md', 'docs/python.md', 'docs/java.md', 'docs/go.md', 'docs/migration.md', 'docs/moving.md'] },
  { subject: 'Targets', pages: ['docs/databases.md', 'docs/first-deployment.md', 'docs/second-user.md', 'docs/targets/*', 'docs/target-module.md', 'docs/target-function.md'] },
  {
    subject: 'Operating',
    pages: [
      'docs/troubleshooting.md', 'docs/runbook.md', 'docs/overdue.md', 'docs/notification.md', 'docs/fleets.md', 'docs/changing-a-secret.md',
      'docs/permissions.md',
    ],
  },
  { subject: 'Readers', pages: ['docs/readers.md'] },
  { subject: 'Testing', pages: ['docs/testing.md', 'docs/acceptance.md', 'docs/evidence.md', 'docs/benchmark.md', 'docs/comparison.md'] },
  { subject: 'Reference', pages: ['API.md', 'dist/docs/*', 'docs/rotation-contract.md', 'docs/compatibility.md', 'CHANGELOG.md'] },
  { subject: 'Contributing', pages: ['CONTRIBUTING.md', 'docs/contributing/*', 'SECURITY.md'] },
];

/** Titles in the sidebar that differ from the heading of the page. */
const TITLES: Readonly<Record<string, string>> = {
  'README.md': 'Getting started',
  'API.md': 'TypeScript API',
  'dist/docs/API.python.md': 'Python API',
  'dist/docs/API.java.md': 'Java API',
  'dist/docs/API.csharp.md': 'C# API',
  'dist/docs/API.go.md': 'Go API',
};

export interface Page {
  /** The path in the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Subject {
  readonly text: string;
  readonly items: { readonly text: string; readonly link: string }[];
}

/** The path of a page on the site, such as `start.md`. Undefined if the site doesn't have the file. */
export function siteFileOf(path: string): string | undefined {
  const reference = /^dist\/docs\/API\.(\w+)\.md$/.exec(path);
  if (reference) { return `reference/${reference[1]}.md`; }
  return OTHERS[path] ?? /^docs\/(.+\.(?:md|svg|json))$/.exec(path)?.[1];
}

/** @throws if a page has no subject, or a subject has a page that doesn't exist */
export function sidebarOf(pages: readonly Page[]): Subject[] {
  const left = new Map(pages.filter(({ path }) => path !== 'site/home.md').map((page) => [page.path, page]));
  const take = (pattern: string): Page[] => {
    const names = pattern.endsWith('/*') ? [...left.keys()].filter((path) => path.startsWith(pattern.slice(0, -1))).sort() : [pattern];
    return names.map((name) => {
      const page = left.get(name);
      if (page === undefined) { throw new Error(`scripts/build/site/pages.ts: the sidebar names ${name}, which is no page. Remove it there`); }
      left.delete(name);
      return page;
    });
  };
  const subjects = SUBJECTS.map(({ subject, pages: patterns }) => ({
    text: subject,
    items: patterns.flatMap(take).map((page) => ({ text: titleOf(page), link: addressOf(siteFileOf(page.path)!) })),
  }));
  if (left.size > 0) { throw new Error(`scripts/build/site/pages.ts: the sidebar doesn't name ${[...left.keys()].join(', ')}. Add it to a subject`); }
  return subjects;
}

export function titleOf({ path, text }: Page): string {
  return TITLES[path] ?? (/^# (.+)$/m.exec(text)?.[1] ?? path).replace(/`/g, '');
}

function addressOf(file: string): string {
  return `/${file.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;
}

/**
 * The text of a page with each relative link and image as the site needs it: to a page of the site, or to the file on GitHub.
 *
 * @param repository The address of the repository on GitHub.
 * @param exists Whether the repository has a file or a folder.
 * @throws if a link leads nowhere
 */
export function withSiteLinks({ path, text }: Page, repository: string, exists: (path: string) => boolean): string {
  const here = dirname(siteFileOf(path)!);
  const convert = (target: string): string => {
    if (/^([a-z][a-z0-9+.-]*:|#|\/)/i.test(target)) { return target; }
    const [file, anchor] = target.split('#');
    const found = join(dirname(path), file);
    if (found.startsWith('..') || !exists(found)) { throw new Error(`${path}: the link to ${target} leads nowhere`); }
    const suffix = anchor === undefined ? '' : `#${anchor}`;
    const onSite = siteFileOf(found);
    if (onSite?.endsWith('.json')) { return `${repository}/blob/main/${found}`; }
    if (onSite === undefined) { return `${repository}/${/\.\w+$/.test(found) ? 'blob' : 'tree'}/main/${found.replace(/\/$/, '')}${suffix}`; }
    const link = relative(here, onSite);
    return `${link.startsWith('.') ? link : `./${link}`}${suffix}`;
  };
  return outsideCode(text, (part) => part
    .replace(/(\]\()([^()\s]+)((?: "[^"]*")?\))/g, (_, before: string, target: string, after: string) => before + convert(target) + after)
    .replace(/(\b(?:src|href)=")([^"]+)(")/g, (_, before: string, target: string, after: string) => before + convert(target) + after)
    .replace(/^(\[[^\]]+\]:\s+)(\S+)/gm, (_, before: string, target: string) => before + convert(target)));
}

/** Changes the parts of a text outside of code blocks. */
export function outsideCode(text: string, change: (part: string) => string): string {
  return text.split(/^( *```[^]*?^ *```$)/m).map((part, index) => index % 2 === 0 ? change(part) : part).join('');
}

/** The anchor of a heading, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, '').replace(/ /g, '-');
}
