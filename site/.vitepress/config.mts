import { readFileSync } from 'node:fs';
import { renderMermaidSVG } from 'beautiful-mermaid';
import { defineConfig } from 'vitepress';
import { anchorOf } from '../../scripts/build/site/pages';

/** Written by `npm run site`. */
const { base, github, sidebar } = JSON.parse(readFileSync(new URL('../pages/site.json', import.meta.url), 'utf8'));
/** Wider diagrams scroll on a narrow screen. */
const READABLE_WIDTH = 640;

export default defineConfig({
  title: 'cdk-rotating-secret',
  description: 'A CDK construct for a Secrets Manager secret, the Lambda function that rotates it, and its schedule',
  base,
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: '.vitepress/cache',
  cleanUrls: true,
  lastUpdated: false,
  // A reference is one page.
  vite: { build: { chunkSizeWarningLimit: 5000 } },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    anchor: { slugify: anchorOf },
    attrs: { disable: true },
    config: (markdown) => {
      const fence = markdown.renderer.rules.fence!;
      markdown.renderer.rules.fence = (tokens, index, ...rest) => tokens[index].info.trim() === 'mermaid'
        ? diagram(tokens[index].content)
        : fence(tokens, index, ...rest);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/start' },
      { text: 'Which strategy?', link: '/which-strategy' },
      { text: 'Runbook', link: '/runbook' },
      { text: 'API', link: '/reference/typescript' },
    ],
    sidebar,
    outline: [2, 3],
    search: {
      provider: 'local',
      // Pages that have every word of all others come last. The function runs in the browser: it sees nothing around it.
      options: { miniSearch: { searchOptions: { boostDocument: (id: string) => /\/(java|go|rotation-contract|benchmark|contributing\/[^#]*)(#|$)/.test(id) ? 0.2 : 1 } } },
    },
    socialLinks: [{ icon: 'github', link: github }],
    footer: { message: 'Apache-2.0' },
  },
});

/** The picture itself, with the colors of the page. Its style stands in theme/style.css, as Vue takes none within a page. */
function diagram(source: string): string {
  const svg = renderMermaidSVG(source, { bg: 'var(--vp-c-bg)', fg: 'var(--vp-c-text-1)', transparent: true });
  const width = Number(/ width="([\d.]+)"/.exec(svg)![1]);
  const bare = svg.replace(/<style>[^]*?<\/style>/g, '').replace('<svg ', `<svg role="img" aria-label="Diagram" data-width="${Math.round(width)}" `)
    .replace(/style="/, `style="min-width:${Math.min(Math.round(width), READABLE_WIDTH)}px;`);
  return `<div class="diagram" tabindex="0" v-pre>${bare.replace(/\n\s*\n/g, '\n')}</div>\n`;
}
