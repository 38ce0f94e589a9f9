import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { invalid } from '../../../invalid';

const PROPERTY = 'entry';
const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
const CORE = join(__dirname, '..', '..', '..', '..', 'assets', 'module', 'index.js');
const REQUIRED = ['setSecret', 'testSecret'];

/** As much of esbuild as is used. */
interface Esbuild {
  buildSync(options: object): { readonly metafile?: Metafile };
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
  /** Whether it makes the next value itself. */
  readonly createsSecret: boolean;
}

/** @throws where the entry is no file that can be bundled, lacks what it has to export, or esbuild isn't installed */
export function readModule(given: string): TargetModule {
  const entry = resolve(given);
  if (!EXTENSIONS.includes(extname(entry)) || !statSync(entry, { throwIfNoEntry: false })?.isFile()) {
    throw invalid(PROPERTY, `is ${JSON.stringify(given)}, which is no file with one of the extensions ${EXTENSIONS.join(', ')}. Give the path of the module that exports setSecret and testSecret, `
      + 'such as join(__dirname, \'my-target.ts\')');
  }
  const { metafile } = bundle(entry, { entryPoints: [entry], format: 'esm', write: false, metafile: true });
  const [input] = Object.keys(metafile!.inputs).slice(-1);
  const [{ exports }] = Object.values(metafile!.outputs);
  // What a CommonJS module exports is known only when it runs: the function says then what is missing.
  if (metafile!.inputs[input].format === 'cjs') { return { entry, createsSecret: false }; }
  const missing = REQUIRED.filter((name) => !exports.includes(name));
  if (missing.length > 0) {
    throw invalid(PROPERTY, `exports ${exports.length === 0 ? 'nothing' : exports.join(', ')}, and has to export ${missing.join(' and ')}, as functions by these names`);
  }
  return { entry, createsSecret: exports.includes('createSecret') };
}

/** The module and the rotation in one asset, which is bundled when the app is synthesized. Its hash is that of the output. */
export function moduleCode({ entry }: TargetModule): lambda.Code {
  return lambda.Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled, for the local bundling never leaves it to a container.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle(outputDirectory: string): boolean {
          const contents = `import * as target from ${JSON.stringify(entry)};\n`
            + `import { handlerOf } from ${JSON.stringify(CORE)};\n`
            + 'export const handler = handlerOf(target);\n';
          const stdin = { contents, resolveDir: dirname(entry) };
          bundle(entry, { stdin, outfile: join(outputDirectory, 'index.js'), format: 'cjs', minify: true, legalComments: 'none' });
          return true;
        },
      },
    },
  });
}

function bundle(entry: string, options: object) {
  try {
    return findEsbuild(entry).buildSync({
      bundle: true, platform: 'node', target: 'node20', mainFields: ['module', 'main'], absWorkingDir: dirname(entry), logLevel: 'silent', ...options,
    });
  } catch (error) {
    const [first] = (error as { readonly errors?: readonly Message[] }).errors ?? [];
    if (!first) { throw error; }
    const place = first.location ? ` (${first.location.file}, line ${first.location.line})` : '';
    throw invalid(PROPERTY, `${JSON.stringify(entry)} can't be bundled: ${first.text}${place}`);
  }
}

/** esbuild is the user's: of the module's package, or of the app. */
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
