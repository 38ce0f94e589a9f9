/**
 * Makes the packages of all languages, lists their files, and installs them into apps in TypeScript, Python, Java and Go, each with the tools of
 * its language and nothing else. All apps must synthesize the same templates, get the same errors, and use the whole public API. Then it
 * rehearses publishing. Needs Python 3.11, JDK 17, Maven and Go.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { loadAssemblyFromPath } from '@jsii/spec';
import { describeUnused, publicApi, usedApi } from './languages/api-use';
import { BOUND, TYPESCRIPT, install, runJavaOrder, stacksOfGuide, synthesize, type Consumer, type Outcome } from './languages/consumers';
import { list, missingAbout, readmesOf, sameBytes, unpackAll, unpackCarried } from './languages/packages';
import { writePython, writeTypeScript } from './languages/readme';
import { rehearsePublishing } from './publishing/rehearse';
import { build } from './shared/build';
import { floorOf } from './shared/floor';
import { Checks } from '../../tools/checks';
import { startCommand } from '../../tools/command';
import { filesBelow } from '../../tools/files';
import { ROOT, run, withTemporaryDirectory } from '../../tools/run';
import { relativeLinks } from '../build/links';

startCommand({
  name: 'languages',
  description: 'Make the packages of all languages, run an app in each, and rehearse their publishing; needs Python 3.11, JDK 17, Maven, Go and GnuPG',
});

const DIST = join(ROOT, 'dist');
const ASSETS = join(ROOT, 'assets');
/** Mypy takes no class of the lowest CDK for one of its own interfaces. Every sample with a user or a bucket has these errors. */
const UNRELATED = ['arg-type', 'list-item'].flatMap((code) => ['--disable-error-code', code]);

/** An example in the output of jsii-rosetta. */
interface Snippet {
  readonly didCompile?: boolean;
  readonly translations: Record<string, { readonly source: string } | undefined>;
}

const checks = new Checks();

withTemporaryDirectory((directory) => {
  timed('packages', makePackages);
  checkExamples();
  checkPackages(subdirectory(directory, 'unpacked'));
  checkConsumers(directory);
  timed('Java, with a later CDK', () => {
    const printed = runJavaOrder(subdirectory(directory, 'java-order'), DIST, join(directory, 'Java', 'repository'));
    checks.check('Java: named before CDK, the package leaves the version of constructs to CDK', printed.trim().endsWith('{"with":"Order/Bucket"}'), printed);
  });
  timed('publishing, as far as it works without an account', () => rehearsePublishing(checks, DIST, subdirectory(directory, 'publishing')));
  const python = join(directory, 'Python', '.venv', 'bin', 'python');
  checkDocstrings(python);
  for (const example of ['python', 'custom-target-python']) {
    timed(`examples/${example}`, () => checkPythonExample(example, subdirectory(directory, example), python));
  }
  timed('samples of the site in Python', () => checkPythonSamples(join(directory, 'Python'), python));
  timed('examples/custom-target-python, end to end', () => checkPythonTarget(join(directory, 'custom-target-python'), python));
});

console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

/** Made anew, because jsii-pacmak keeps a package while the API is the same, even if the handler changed. */
function makePackages(): void {
  build();
  for (const folder of ['js', 'python', 'java', 'go', 'dotnet']) {
    rmSync(join(DIST, folder), { recursive: true, force: true });
  }
  const printed = run('npx', ['projen', 'package-all']);
  printed.split('\n').filter((line) => line.startsWith('NOT BUILT')).forEach((line) => console.log(line));
}

/** The examples of the README and of docstrings, which jsii-rosetta has just compiled. */
function checkExamples(): void {
  const { snippets }: { snippets: Record<string, Snippet> } = JSON.parse(readFileSync(join(ROOT, '.jsii.tabl.json'), 'utf8'));
  const all = Object.values(snippets);
  const compiled = all.filter(({ didCompile }) => didCompile);
  checks.check(`${compiled.length} examples of the README and of docstrings compile`, all.length > 0 && compiled.length === all.length);
  for (const language of ['python', 'java', 'csharp', 'go']) {
    const translated = all.filter(({ translations }) => translations[language]?.source);
    checks.check(`${translated.length} of them are translated into ${language}`, translated.length === all.length);
  }
}

function checkPackages(directory: string): void {
  const assets = filesBelow(ASSETS);
  checks.check('there are assets', assets.length > 0);
  for (const unpacked of unpackAll(DIST, directory)) {
    console.log(list(unpacked));
    const { registry, name, files } = unpacked;
    const withPath = files.filter((file) => readFileSync(join(unpacked.directory, file)).includes(ROOT));
    checks.check(`${registry}, ${name}: no file names the directory it was built in`, withPath.length === 0, withPath);
    if (/-(sources|javadoc)\.jar$/.test(name)) { continue; }
    const unknown = missingAbout(unpacked, ROOT);
    checks.check(`${registry}, ${name}: it has its license, the notices for the bundled packages, and the bill of materials`, unknown.length === 0, unknown);
    const relative = readmesOf(unpacked).flatMap(relativeLinks);
    checks.check(`${registry}, ${name}: its README has no relative links, but on npm, which resolves them`, registry === 'npm' || relative.length === 0, relative);
    const carried = unpackCarried(unpacked, directory);
    const missing = assets.filter((asset) => carried === undefined || !sameBytes(join(ASSETS, asset), join(carried, 'assets', asset)));
    checks.check(`${registry}, ${name}: it has the ${assets.length} files of the assets, byte for byte`, missing.length === 0, missing);
  }
}

function checkConsumers(directory: string): void {
  const assembly = loadAssemblyFromPath(ROOT);
  const api = publicApi(assembly);
  const floor = floorOf(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  const consume = (consumer: Consumer, readme?: (directory: string) => void) => timed(consumer.language, () => {
    const home = subdirectory(directory, consumer.language);
    readme?.(home);
    const command = install(consumer, home, DIST, floor);
    const outcome = synthesize(command, home);
    return { ...outcome, readme: readme && synthesize(command.with(-1, command.at(-1)!.replace('app', 'readme')), home).files };
  });

  const ours = consume(TYPESCRIPT, writeTypeScript);
  checkReference(ours);
  for (const consumer of BOUND) {
    const { language } = consumer;
    const theirs = consume(consumer, language === 'Python' ? writePython : undefined);
    const names = new Set([...Object.keys(ours.files), ...Object.keys(theirs.files)]);
    const different = [...names].filter((file) => ours.files[file] !== theirs.files[file]);
    checks.check(`${language}: its ${Object.keys(ours.files).length} templates and lists of assets are TypeScript's, to the byte`, different.length === 0, different);
    const unlike = Object.entries(ours.refusals).filter(([misuse, text]) => !theirs.refusals[misuse]?.includes(text));
    checks.check(`${language}: ${Object.keys(ours.refusals).length} kinds of misuse are refused in TypeScript's words`, unlike.length === 0, unlike);
    const used = usedApi(assembly, theirs.trace);
    const unused = api.filter((name) => !used.has(name)).map((name) => describeUnused(assembly, name, consumer.app, TYPESCRIPT.app));
    checks.check(`${language}: all ${api.length} types and members of the public API are used`, api.length > 0 && unused.length === 0, unused);
    if (consumer.guide) {
      const stacks = stacksOfGuide(consumer, join(directory, language));
      checks.check(`${language}: the app of docs/${consumer.guide.page} synthesizes`, stacks.join() === 'Database,FirstSecret,Fleet,OwnCode', stacks);
    }
    if (theirs.readme) {
      checks.check(`${language}: the README's complete examples synthesize to the same as TypeScript's`, JSON.stringify(ours.readme) === JSON.stringify(theirs.readme));
    }
  }
}

/** The reference for the other languages must not be empty. */
function checkReference({ files, refusals, readme }: Outcome & { readonly readme?: Record<string, string> }): void {
  const text = Object.values(files).join('\n');
  const schedules = text.match(/"AWS::SecretsManager::RotationSchedule"/g) ?? [];
  checks.check(`TypeScript: ${schedules.length} rotation schedules`, schedules.length > 0);
  const accepted = Object.keys(refusals).filter((misuse) => refusals[misuse] === 'accepted');
  checks.check('TypeScript: every misuse is refused', Object.keys(refusals).length > 0 && accepted.length === 0, accepted);
  const javaScript = Object.entries(refusals).filter(([, refusal]) => /\bundefined\b|\bNaN\b|\[object |\bfunction\b.*=>/.test(refusal));
  checks.check('TypeScript: no refusal has a value that only JavaScript has', javaScript.length === 0, javaScript);
  checks.check('TypeScript: the README\'s first example synthesizes', readme?.['Readme.template.json']?.includes('my-app/custom-password') ?? false);
  checks.check('TypeScript: the README\'s database synthesizes', readme?.['ReadmeDatabase.template.json']?.includes('AWS::SecretsManager::SecretTargetAttachment') ?? false);
}

/** An escaped quote in a translated example is a bare one in a docstring. */
function checkDocstrings(python: string): void {
  const count = Number(run(python, [join(__dirname, 'languages', 'docstrings.py')]));
  checks.check(`Python: ${count} examples are Python in the output of help()`, count > 0);
}

/** In the environment of the Python app, so with the built wheel. */
function checkPythonExample(example: string, directory: string, python: string): void {
  const made = /\/(\.venv|\.mypy_cache|\.pytest_cache|__pycache__|cdk\.out)$/;
  cpSync(join(ROOT, 'examples', example), directory, { recursive: true, filter: (path) => !made.test(path) });
  const requirements = join(directory, 'requirements-dev.txt');
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', requirements]);
  const lastLine = (...args: string[]) => run(python, ['-m', ...args], { cwd: directory }).trim().split('\n').at(-1)!;
  const tests = lastLine('pytest', '--quiet');
  checks.check(`examples/${example}: ${tests}`, /^\d+ passed/.test(tests));
  // The examples share mypy's cache for CDK, which takes a minute to build.
  const types = lastLine('mypy', '--cache-dir', join(dirname(directory), '.mypy_cache'));
  checks.check(`examples/${example}, mypy --strict: ${types}`, /^Success: no issues found in [1-9]/.test(types));
}

/** Samples in Java and Go are compiled with their apps. Optional attributes, such as the secret of a database, are assumed to be set. */
function checkPythonSamples(directory: string, python: string): void {
  const types = run(python, ['-m', 'mypy', '--cache-dir', join(dirname(directory), '.mypy_cache'), '--no-strict-optional', ...UNRELATED, 'samples.py'], { cwd: directory }).trim().split('\n').at(-1)!;
  checks.check(`samples of the site in Python, mypy: ${types}`, /^Success: no issues found in 1/.test(types));
}

/** Deploys and rotates the app and its function. Also compares the fields that the function requires of an event with the schema. */
function checkPythonTarget(directory: string, python: string): void {
  const schema = JSON.parse(readFileSync(join(ROOT, 'docs', 'target-function-event.schema.json'), 'utf8'));
  const printed = run(python, ['-c', 'import handler, json; print(json.dumps([handler.EVENT_VERSION, handler.FIELDS]))'], {
    cwd: join(directory, 'lambda'), env: { ...process.env, AWS_DEFAULT_REGION: 'eu-west-1' },
  });
  const [version, fields]: [number, string[]] = JSON.parse(printed);
  const isRequired = (field: string) => schema.required.includes(field);
  checks.check('the function in Python knows the version of the event\'s schema, and needs only fields that it requires',
    version === schema.properties.eventVersion.const && fields.length > 0 && fields.every(isRequired), { version, fields });
  const path = [dirname(python), process.env.PATH].join(delimiter);
  const lines = run('bash', ['test/e2e/run.sh', 'custom-target', directory], { env: { ...process.env, PATH: path } }).trim().split('\n');
  console.log(lines.join('\n'));
  checks.check(`examples/custom-target-python, end to end: ${lines.at(-1)}`, /^[1-9]\d* passed, 0 failed$/.test(lines.at(-1)!));
}

function timed<T>(name: string, act: () => T): T {
  const start = Date.now();
  const result = act();
  console.log(`${name}: ${((Date.now() - start) / 1000).toFixed(0)} s`);
  return result;
}

function subdirectory(directory: string, name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}
