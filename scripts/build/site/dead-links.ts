import { join } from 'node:path/posix';

/**
 * The links and sources of built pages that lead nowhere.
 *
 * @param pages The HTML of each page, by its file.
 * @param files Every file of the site.
 * @param base The path below which the site is served.
 */
export function deadLinks(pages: ReadonlyMap<string, string>, files: ReadonlySet<string>, base: string): string[] {
  const ids = new Map([...pages].map(([file, html]) => [file, new Set([...html.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, id]) => decoded(id)))]));
  const leadsSomewhere = (page: string, target: string): boolean => {
    const [address, anchor] = target.split('#');
    if (address !== '' && !address.startsWith(base) && address.startsWith('/')) { return false; }
    const path = address === '' ? page : address.startsWith('/') ? address.slice(base.length) : join(page, '..', address);
    const file = [path, `${path}.html`, join(path, 'index.html')].find((candidate) => files.has(candidate));
    return file !== undefined && (anchor === undefined || anchor === '' || (ids.get(file)?.has(decodeURIComponent(anchor)) ?? false));
  };
  return [...pages].flatMap(([page, html]) => {
    const targets = new Set([...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, target]) => decoded(target)).filter((target) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)));
    return [...targets].filter((target) => !leadsSomewhere(page, target)).map((target) => `${page}: ${target}`);
  });
}

function decoded(text: string): string {
  return text.replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&#39;/g, '\'').replace(/&amp;/g, '&');
}
