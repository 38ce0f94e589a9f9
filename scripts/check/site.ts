/**
 * Makes the site with the references of all languages, and opens every page in a headless Chromium, at the width of a phone and of a desktop, without access to anything but the
 * site. Installs Chromium from Debian if the machine has none.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Checks } from '../../tools/checks';
import { runTasks, startCommand } from '../../tools/command';
import { filesBelow } from '../../tools/files';
import { ROOT, run } from '../../tools/run';

startCommand({
  name: 'site',
  command: 'npx tsx --tsconfig tsconfig.dev.json scripts/check/site.ts',
  description: 'Open every page of the site in a headless Chromium',
});

const OUTPUT = join(ROOT, 'site', 'dist');
const BASE = '/cdk-rotating-secret/';
const WIDTHS = [390, 1280];
/** The number of attempts, and the milliseconds between them, for a page that may not be ready yet. */
const LOOKS = 50;
const PAUSE_MS = 100;
const LANGUAGES = ['TypeScript', 'Python', 'Java', 'C#', 'Go'];
const REFERENCES = ['typescript', 'python', 'java', 'csharp', 'go'];
/** The script that reads a page in its browser. */
const IN_PAGE = readFileSync(join(__dirname, 'site', 'in-page.js'), 'utf8').replace(/^\/\*[^]*?\*\/\s*/, '').trim();
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.woff2': 'font/woff2',
};

/** The part of playwright-core that is used here. The site installs it, and this repository doesn't. */
interface Playwright {
  readonly chromium: { launch(options: { readonly executablePath: string; readonly args: string[] }): Promise<Browser> };
}
interface Browser {
  newContext(options: { readonly viewport: { readonly width: number; readonly height: number } }): Promise<Context>;
  close(): Promise<void>;
}
interface Context {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Page {
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  on(event: 'request', listener: (request: { url(): string }) => void): void;
  on(event: 'response', listener: (response: { url(): string; status(): number }) => void): void;
  goto(address: string, options?: { readonly waitUntil: 'networkidle' | 'load' }): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  waitForSelector(selector: string): Promise<unknown>;
  waitForURL(address: RegExp): Promise<void>;
  screenshot(options: { readonly path: string; readonly fullPage?: boolean }): Promise<unknown>;
  title(): Promise<string>;
}

const checks = new Checks();

void main();

async function main(): Promise<void> {
  runTasks(['compile', 'docgen:languages', 'site']);
  const server = await serve();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const executablePath = run('bash', [join(__dirname, 'site', 'chromium.sh')]).trim();
  const { chromium } = await import(join(ROOT, 'site', 'node_modules', 'playwright-core', 'index.mjs')) as Playwright;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'] });
  try {
    await checkPages(browser, origin);
    await checkTabs(browser, origin);
    await checkSearch(browser, origin);
  } finally {
    await browser.close();
    server.close();
  }
  console.log(checks.summary);
  process.exitCode = checks.allPassed ? 0 : 1;
}

/** Serves the site as GitHub Pages does: below the name of the repository, with addresses that need no `.html`. */
async function serve(): Promise<Server> {
  const files = new Set(filesBelow(OUTPUT));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname);
    const name = path.startsWith(BASE) ? path.slice(BASE.length) : undefined;
    const file = name === undefined ? undefined : [name, `${name}.html`, join(name, 'index.html')].find((candidate) => files.has(candidate));
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(join(OUTPUT, file)));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server;
}

/** The state of a page in its browser: the result of `look` in in-page.js. */
interface Look {
  readonly links: string[];
  readonly ids: string[];
  readonly overflow: number;
  readonly wide: string[];
  readonly diagrams: number;
  readonly emptyDiagrams: number;
  readonly tabs: string[];
}

async function checkPages(browser: Browser, origin: string): Promise<void> {
  const names = filesBelow(OUTPUT).filter((file) => file.endsWith('.html') && file !== '404.html').map((file) => file.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, ''));
  const addresses = names.map((name) => origin + BASE + name);
  const problems = { 'has no errors in the console': [] as string[], 'fetches nothing from elsewhere': [] as string[], 'overflows nowhere': [] as string[] };
  const looks = new Map<string, Look>();
  for (const width of WIDTHS) {
    const context = await browser.newContext({ viewport: { width, height: 844 } });
    const page = await context.newPage();
    let current = '';
    const error = (text: string) => problems['has no errors in the console'].push(`${current}, ${width} px: ${text}`);
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) { error(message.text()); } });
    page.on('pageerror', ({ message }) => { error(message); });
    page.on('response', (response) => { if (response.status() >= 400) { error(`${response.status()} ${response.url()}`); } });
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(origin)) { problems['fetches nothing from elsewhere'].push(`${current}: ${request.url()}`); }
    });
    for (const address of addresses) {
      current = address.slice(origin.length);
      await page.goto(address, { waitUntil: 'load' });
      await page.waitForSelector('#app .VPContent');
      const look = await page.evaluate(`${IN_PAGE}.look()`) as Look;
      looks.set(address, look);
      if (look.overflow > 0) { problems['overflows nowhere'].push(`${current}, ${width} px: by ${look.overflow} px: ${look.wide.join(', ')}`); }
    }
    await context.close();
  }
  const missing = REFERENCES.filter((name) => !names.includes(`reference/${name}`));
  checks.check(`there is a reference of each language (${REFERENCES.join(', ')})`, missing.length === 0, missing);
  checks.check(`there are pages (${addresses.length}), each at ${WIDTHS.join(' and ')} px`, addresses.length > 25);
  for (const [name, found] of Object.entries(problems)) { checks.check(`every page ${name}`, found.length === 0, found); }
  const all = [...looks].flatMap(([address, { links }]) => links.map((link) => ({ address, link }))).filter(({ link }) => link.startsWith(origin));
  const dead = all.filter(({ link }) => {
    const [page, anchor] = link.split('#');
    const look = looks.get(page);
    return look === undefined ? !filesBelow(OUTPUT).includes(new URL(page).pathname.slice(BASE.length)) : anchor !== undefined && anchor !== '' && !look.ids.includes(decodeURIComponent(anchor));
  }).map(({ address, link }) => `${address} -> ${link}`);
  checks.check(`all ${all.length} links within the site lead to a page and an anchor`, all.length > 500 && dead.length === 0, dead);
  const count = [...looks.values()].reduce((sum, { diagrams }) => sum + diagrams, 0);
  const empty = [...looks].filter(([, { emptyDiagrams }]) => emptyDiagrams > 0).map(([address]) => address);
  checks.check(`all ${count} pictures have a size`, count > 5 && empty.length === 0, empty);
  const groups = [...looks.values()].flatMap(({ tabs }) => tabs);
  const other = groups.filter((tabs) => tabs !== LANGUAGES.join());
  checks.check(`all ${groups.length} samples have five languages`, groups.length > 15 && other.length === 0, other);
}

/** The language that each group of tabs shows, and the code below it. */
async function shownLanguages(page: Page): Promise<string[]> {
  return await page.evaluate(`${IN_PAGE}.shownLanguages()`) as string[];
}

/** The same, when the page is ready and shows this language, or after some seconds. */
async function shownOnce(page: Page, expected: string): Promise<string[]> {
  for (let look = 0; ; look++) {
    const shown = await shownLanguages(page);
    if (look === LOOKS || (shown.length > 0 && shown.every((each) => each === expected))) { return shown; }
    await setTimeout(PAUSE_MS);
  }
}

async function checkTabs(browser: Browser, origin: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 844 } });
  const page = await context.newPage();
  await page.goto(`${origin}${BASE}options`, { waitUntil: 'networkidle' });
  const before = await shownOnce(page, 'TypeScript: ts');
  checks.check('TypeScript is shown at first', before.length > 1 && before.every((shown) => shown === 'TypeScript: ts'), before);
  await page.click('.vp-code-group:last-of-type label:has-text("Python")');
  const after = await shownOnce(page, 'Python: python');
  checks.check('a tab changes every sample of its page', after.every((shown) => shown === 'Python: python'), after);
  await page.goto(`${origin}${BASE}databases`, { waitUntil: 'networkidle' });
  const elsewhere = await shownOnce(page, 'Python: python');
  checks.check('the choice is remembered on another page', elsewhere.length > 0 && elsewhere.every((shown) => shown === 'Python: python'), elsewhere);
  await page.click('.VPSidebar a[href$="/overdue"]');
  await page.waitForURL(/overdue$/);
  await page.waitForSelector('.vp-code-group');
  const within = await shownOnce(page, 'Python: python');
  checks.check('and on a page that a click opens without loading anew', within.length > 0 && within.every((shown) => shown === 'Python: python'), within);
  const later = await context.newPage();
  await later.goto(`${origin}${BASE}fleets`, { waitUntil: 'networkidle' });
  const remembered = await shownOnce(later, 'Python: python');
  checks.check('and in another tab of the browser', remembered.length > 0 && remembered.every((shown) => shown === 'Python: python'), remembered);
  await context.close();
}

async function checkSearch(browser: Browser, origin: string): Promise<void> {
  for (const width of WIDTHS) {
    const context = await browser.newContext({ viewport: { width, height: 844 } });
    const page = await context.newPage();
    await page.goto(origin + BASE, { waitUntil: 'networkidle' });
    await page.click('.VPNavBarSearch button');
    await page.waitForSelector('.VPLocalSearchBox input');
    await page.fill('.VPLocalSearchBox input', 'postgres');
    await page.waitForSelector('.VPLocalSearchBox .result');
    await page.click('.VPLocalSearchBox .result');
    await page.waitForURL(/cdk-rotating-secret\/.+/);
    const text = await page.evaluate(`${IN_PAGE}.text()`) as string;
    checks.check(`at ${width} px, a search for "postgres" opens a page about it`, /postgres/i.test(text), await page.title());
    await context.close();
  }
}
