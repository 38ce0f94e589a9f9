const FENCED = /^```[^]*?^```$/gm;

/** The README of the repository, with each relative link and image as an address on GitHub, at the tag of the version. */
export function absoluteLinks(readme: string, repository: string, version: string): string {
  const home = repository.replace(/\.git$/, '');
  const at = version === '0.0.0' ? 'main' : `v${version}`;
  const address = (kind: 'blob' | 'raw') => (whole: string, before: string, target: string) => {
    if (isAbsolute(target)) { return whole; }
    return `${before}${home}/${kind}/${at}/${target.startsWith('#') ? `README.md${target}` : target.replace(/^\.\//, '')}`;
  };
  const blocks = readme.match(FENCED) ?? [];
  // Images come first, so that the remaining links are pages.
  const texts = readme.split(FENCED).map((text) => text
    .replace(/(!\[[^\]]*\]\()([^()\s]+)/g, address('raw'))
    .replace(/(\bsrc=")([^"]+)/g, address('raw'))
    .replace(/(\]\()([^()\s]+)/g, address('blob'))
    .replace(/(\bhref=")([^"]+)/g, address('blob'))
    .replace(/^(\[[^\]]+\]:\s+)(\S+)/gm, address('blob')));
  return texts.map((text, index) => text + (blocks[index] ?? '')).join('');
}

/** The relative targets of a page's links and images, without those in code blocks. */
export function relativeLinks(page: string): string[] {
  const text = page.replace(FENCED, '');
  return [/\]\(([^()\s]+)/g, /^\[[^\]]+\]:\s+(\S+)/gm, /\b(?:src|href)="([^"]+)"/g]
    .flatMap((pattern) => [...text.matchAll(pattern)].map(([, target]) => target))
    .filter((target) => !isAbsolute(target));
}

function isAbsolute(target: string): boolean {
  return /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target);
}
