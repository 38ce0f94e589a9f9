import { statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { findMisspelledSteps, REQUIRED_STEPS } from './contract';
import { HANDLER } from '../../../contract';
import type { FunctionCode } from '../../../function/shipped-code';
import { invalid } from '../../../invalid';

const PROPERTY = 'entry';
const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
/** Names that may be meant as names of steps. */
const LIKE_STEP = /^(cancel|complete|delete|finali[sz]e|generate|make|prepare|remove|revoke|rollback|rotate|update|verify)Secret$/;
const CORE = join(__dirname, '..', '..', '..', '..', 'assets', 'module', 'index.js');

/** The part of esbuild that is used here. */
interface Esbuild {
  buildSync(options: object): BuildResult;
}

interface BuildResult {
  readonly metafile?: Metafile;
  readonly outputFiles?: readonly { readonly text: string }[];
  readonly warnings: readonly Message[];
}

interface Message {
  readonly text: string;
  readonly location?: { readonly file: string; readonly line: number };
}

interface Metafile {
  readonly inputs: Record<string, { readonly format?: string }>;
  readonly outputs: Record<string, { readonly exports: string[] }>;
}

/** The user's module, as far as it can be read without running it. */
export interface TargetModule {
  readonly entry: string;
  /** The module and the rotation in one file. */
  readonly bundle: string;
  /** Warnings of esbuild about code that may behave differently in a bundle, or fail. */
  readonly warnings: readonly string[];
  /** Exported functions that are named like a step, but that no step calls. */
  readonly uncalled: readonly string[];
  /** Whether it makes the next value itself. */
  readonly createsSecret: boolean;
}

/** @throws if the entry can't be bundled or lacks a required export, or if esbuild isn't installed */
export function readModule(given: string): TargetModule {
  const entry = resolve(given);
  if (!EXTENSIONS.includes(extname(entry)) || !statSync(entry, { throwIfNoEntry: false })?.isFile()) {
    throw invalid(PROPERTY, `is ${JSON.stringify(given)}, which is no file with one of the extensions ${EXTENSIONS.join(', ')}. Give the path of the module that exports setSecret and testSecret, `
      + 'absolute or from the working directory');
  }
  const { metafile } = build(entry, { entryPoints: [entry], format: 'esm', write: false, metafile: true });
  const [input] = Object.keys(metafile!.inputs).slice(-1);
  const [{ exports }] = Object.values(metafile!.outputs);
  // The exports of a CommonJS module are known only at run time. The function then reports missing ones.
  if (metafile!.inputs[input].format === 'cjs') { return { entry, ...bundle(entry), uncalled: [], createsSecret: false }; }
  const [misspelled] = findMisspelledSteps(exports);
  if (misspelled) {
    throw invalid(PROPERTY, `exports ${misspelled.name}, which no step of a rotation calls, and not ${misspelled.step}. Name it ${misspelled.step}, or, if it is something else, `
      + 'give it a less similar name');
  }
  const missing = REQUIRED_STEPS.filter((name) => !exports.includes(name));
  if (missing.length > 0) {
    throw invalid(PROPERTY, `exports ${exports.length === 0 ? 'nothing' : exports.join(', ')}, and has to export ${missing.join(' and ')}, as functions by these names`);
  }
  const uncalled = exports.filter((name) => LIKE_STEP.test(name));
  return { entry, ...bundle(entry), uncalled, createsSecret: exports.includes('createSecret') };
}

/** The module and the rotation in one asset, bundled at synthesis. The hash of the asset is that of the bundle. */
export function moduleCode({ entry, bundle: text }: TargetModule): FunctionCode {
  const code = lambda.Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled, because the local bundling always succeeds or throws.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle(outputDirectory: string): boolean {
          writeFileSync(join(outputDirectory, 'index.js'), text);
          return true;
        },
      },
    },
  });
  return { code, handler: HANDLER };
}

function bundle(entry: string): Pick<TargetModule, 'bundle' | 'warnings'> {
  const contents = `import * as target from ${JSON.stringify(entry)};\n`
    + `import { handlerOf } from ${JSON.stringify(CORE)};\n`
    + 'export const handler = handlerOf(target);\n';
  const stdin = { contents, resolveDir: dirname(entry) };
  const { outputFiles, warnings } = build(entry, { stdin, write: false, outfile: 'index.js', format: 'cjs', minify: true, legalComments: 'none' });
  return { bundle: outputFiles![0].text, warnings: warnings.map(describe) };
}

function build(entry: string, options: object): BuildResult {
  try {
    return findEsbuild(entry).buildSync({
      bundle: true, platform: 'node', target: 'node20', mainFields: ['module', 'main'], absWorkingDir: dirname(entry), logLevel: 'silent', ...options,
    });
  } catch (error) {
    const [first] = (error as { readonly errors?: readonly Message[] }).errors ?? [];
    if (!first) { throw error; }
    throw invalid(PROPERTY, `${JSON.stringify(entry)} can't be bundled: ${describe(first)}`);
  }
}

function describe({ text, location }: Message): string {
  return location ? `${text} (${location.file}, line ${location.line})` : text;
}

/** The user's esbuild, installed beside the module or in the app. */
function findEsbuild(entry: string): Esbuild {
  for (const from of [entry, join(process.cwd(), 'index.js'), __filename]) {
    const requireFrom = createRequire(from);
    try {
      requireFrom.resolve('esbuild');
    } catch {
      continue;
    }
    return requireFrom('esbuild') as Esbuild;
  }
  throw invalid(PROPERTY, 'needs esbuild to be bundled, and esbuild is installed neither beside the module nor in the working directory. Add it to the app: npm install --save-dev esbuild');
}
