import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { appOfPage } from './readme';
import { goSamples, javaSamples, pythonSamples } from './samples';
import { filesBelow } from '../../../tools/files';
import { ROOT, run } from '../../../tools/run';
import type { Floor } from '../shared/floor';

const CONSUMERS = join(ROOT, 'test', 'consumers');

/** The output of an app. */
export interface Outcome {
  /** The templates, and the lists of their assets, by file name. */
  readonly files: Record<string, string>;
  /** The package's error for each misuse. */
  readonly refusals: Record<string, string>;
  /** The messages between the app and the jsii kernel. */
  readonly trace: string;
}

export interface Consumer {
  readonly language: string;
  /** Its source, relative to `test/consumers`. */
  readonly app: string;
  /** The page with a whole app, which is built too. */
  readonly guide?: { readonly page: string; readonly file: string; readonly language: string; readonly command: (directory: string) => string[] };
  /** The samples of the site's pages, which are compiled too. */
  readonly samples?: { readonly file: string; readonly source: () => string };
  /** Installs the package with the tools of the language in an empty `directory`, and returns the command of its app. */
  install(directory: string, dist: string, floor: Floor): string[];
}

export const TYPESCRIPT: Consumer = {
  language: 'TypeScript',
  app: 'typescript/app.ts',
  install(directory, dist, floor) {
    const tarball = join(dist, 'js', readdirSync(join(dist, 'js'))[0]);
    const packages = [tarball, `aws-cdk-lib@${floor['aws-cdk-lib']}`, `constructs@${floor.constructs}`, '@types/node@20', esbuild()];
    run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: directory });
    run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], { cwd: directory });
    return [process.execPath, 'app.js'];
  },
};

/** Consumers in other languages, through the jsii kernel. */
export const BOUND: Consumer[] = [
  {
    language: 'Python',
    app: 'python/app.py',
    samples: { file: 'samples.py', source: pythonSamples },
    guide: {
      page: 'python.md',
      language: 'python',
      file: 'guide.py',
      command: (directory) => [join(directory, '.venv', 'bin', 'python'), 'guide.py'],
    },
    install(directory, dist, floor) {
      installEsbuild(directory);
      const python = makeVenv(directory, join(directory, 'requirements.txt'));
      const wheel = readdirSync(join(dist, 'python')).find((file) => file.endsWith('.whl'))!;
      const packages = [join(dist, 'python', wheel), `aws-cdk-lib==${floor['aws-cdk-lib']}`, `constructs==${floor.constructs}`];
      run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', ...packages], { cwd: directory });
      run(python, ['-m', 'pip', 'check', '--disable-pip-version-check'], { cwd: directory });
      return [python, 'app.py'];
    },
  },
  {
    language: 'Java',
    app: 'java/src/main/java/consumer/App.java',
    samples: { file: 'src/main/java/Samples.java', source: javaSamples },
    guide: {
      page: 'java.md',
      language: 'java',
      file: 'src/main/java/SecretsApp.java',
      command: () => ['java', '-cp', 'target/classes:target/dependency/*', 'SecretsApp'],
    },
    install(directory, dist, floor) {
      installEsbuild(directory);
      run('mvn', [
        '--quiet', '--batch-mode', `-Dmaven.repo.local=${join(directory, 'repository')}`,
        `-Dpackages=file://${join(dist, 'java')}`, `-Dpackage.version=${versionOf(dist)}`,
        `-Dcdk.version=${floor['aws-cdk-lib']}`, `-Dconstructs.version=${floor.constructs}`,
        'compile', 'dependency:copy-dependencies',
      ], { cwd: directory });
      return ['java', '-cp', 'target/classes:target/dependency/*', 'consumer.App'];
    },
  },
  {
    language: 'Go',
    app: 'go/app.go',
    samples: { file: 'samples/samples.go', source: goSamples },
    guide: { page: 'go.md', language: 'go', file: 'guide/main.go', command: (directory) => [join(directory, 'guide', 'guide')] },
    install(directory, dist, floor) {
      installEsbuild(directory);
      const [module] = readdirSync(join(dist, 'go'));
      const name = `github.com/cdk-rotating-secret/cdk-rotating-secret-go/${module}`;
      const env = { ...process.env, GOFLAGS: '-modcacherw', GOMODCACHE: join(directory, 'modules') };
      const go = (...args: string[]) => run('go', args, { cwd: directory, env });
      go('mod', 'edit', `-replace=${name}=${join(dist, 'go', module)}`);
      go('build', '-o', 'app', '.');
      go('build', '-o', 'guide/guide', './guide');
      go('build', './samples');
      const cdk = go('list', '-m', 'github.com/aws/aws-cdk-go/awscdk/v2');
      if (!cdk.includes(` v${floor['aws-cdk-lib']}\n`)) { throw new Error(`go.mod takes another version of CDK than ${floor['aws-cdk-lib']}: ${cdk}`); }
      return [join(directory, 'app')];
    },
  },
];

/** Puts the app of a consumer into `directory`, with nothing but what it installs. */
export function install(consumer: Consumer, directory: string, dist: string, floor: Floor): string[] {
  cpSync(join(CONSUMERS, consumer.language.toLowerCase()), directory, { recursive: true });
  for (const file of ['ca.pem', 'target.mjs']) { cpSync(join(CONSUMERS, file), join(directory, file)); }
  if (consumer.guide) {
    const { page, file, language } = consumer.guide;
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), appOfPage(page, language));
  }
  if (consumer.samples) {
    const { file, source } = consumer.samples;
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), source());
  }
  return consumer.install(directory, dist, floor);
}

/** Runs an app in Java that names the package before a later CDK, and returns its output. The version that the package asks for must not win. */
export function runJavaOrder(directory: string, dist: string, repository: string): string {
  cpSync(join(CONSUMERS, 'java-order'), directory, { recursive: true });
  run('mvn', [
    '--quiet', '--batch-mode', `-Dmaven.repo.local=${repository}`, `-Dpackages=file://${join(dist, 'java')}`, `-Dpackage.version=${versionOf(dist)}`,
    'compile', 'dependency:copy-dependencies',
  ], { cwd: directory });
  return run('java', ['-cp', 'target/classes:target/dependency/*', 'consumer.Order'], { cwd: directory });
}

/** Runs the app of a page, and returns the names of its stacks. */
export function stacksOfGuide({ guide }: Consumer, directory: string): string[] {
  const output = join(directory, 'guide.out');
  mkdirSync(output);
  const [command, ...args] = guide!.command(directory);
  run(command, args, { cwd: directory, env: { ...process.env, CDK_OUTDIR: output, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: 'true' } });
  return filesBelow(output).flatMap((file) => /^(\w+)\.template\.json$/.exec(file)?.[1] ?? []).sort();
}

/** Runs the app without the repository in its environment. */
export function synthesize(command: string[], directory: string): Outcome {
  const output = join(directory, 'cdk.out');
  const trace = join(directory, 'trace.txt');
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const { PATH, HOME } = process.env;
  const printed = run(command[0], command.slice(1), {
    cwd: directory,
    env: { PATH, HOME, CDK_OUTDIR: output, JSII_DEBUG: '1', JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: 'true' },
    stderr: trace,
  });
  const files = filesBelow(output).filter((file) => file.endsWith('.template.json') || file.endsWith('.assets.json'));
  return {
    files: Object.fromEntries(files.map((file) => [file, readFileSync(join(output, file), 'utf8')])),
    refusals: JSON.parse(printed),
    trace: readFileSync(trace, 'utf8'),
  };
}

/** @returns the path of its Python */
export function makeVenv(directory: string, requirements: string): string {
  const python = join(directory, '.venv', 'bin', 'python');
  run(process.env.PYTHON ?? 'python3', ['-m', 'venv', join(directory, '.venv')]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', requirements]);
  return python;
}

/** esbuild bundles modules. The app must have it, in any language. */
function esbuild(): string {
  const { devDependencies }: { devDependencies: Record<string, string> } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return `esbuild@${devDependencies.esbuild}`;
}

function installEsbuild(directory: string): void {
  run('npm', ['install', '--no-audit', '--no-fund', esbuild()], { cwd: directory });
}

function versionOf(dist: string): string {
  const [jar] = filesBelow(join(dist, 'java')).filter((file) => /\d\.jar$/.test(file));
  return jar.split('/').at(-2)!;
}
