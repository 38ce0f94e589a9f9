import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

/** Files in `target` may import nothing of `from`, except `except`. */
interface Zone {
  readonly target: string;
  readonly from: string | string[];
  readonly except?: string[];
  readonly message: string;
}

interface Exception {
  readonly file: string;
  readonly imports: string;
  readonly reason: string;
}

/** Files of src that every room may import: they import no room themselves. */
const SHARED = ['contract', 'invalid', 'rotation-strategy'];

/** Files of src that import targets, beside the catalogue. */
const IMPORTS_TARGETS: string[] = [];

/** Files in rooms of src that import a public file. */
const IMPORTS_PUBLIC_FILE: string[] = [];

const BETWEEN_TARGETS: readonly Exception[] = [
  {
    file: 'lambda-src/targets/own/custom-value.ts',
    imports: 'lambda-src/targets/generated',
    reason: 'Your own code may leave the value to Secrets Manager, exactly as a generated target does.',
  },
];

/** The folders with sources. An empty folder that git left behind doesn't count. */
function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`)
    .filter((path) => readdirSync(path, { recursive: true, encoding: 'utf8' }).some((file) => file.endsWith('.ts')))
    .sort();
}

/** Each folder with its siblings, at every level. A target may import from the folders on its path, and from no sibling. */
function siblings(folder: string): Zone[] {
  const folders = foldersIn(folder);
  return folders.flatMap((path) => [
    ...folders.filter((other) => other !== path).map((other) => ({
      target: withoutExceptions(path, other),
      from: `./${other}`,
      message: 'A target imports no other target, only its family\'s folder.',
    })),
    ...siblings(path),
  ]);
}

function withoutExceptions(path: string, imported: string): string {
  const files = BETWEEN_TARGETS.filter(({ file, imports }) => file.startsWith(`${path}/`) && imports === imported).map(({ file }) => basename(file));
  return files.length === 0 ? `./${path}` : `./${path}/**/!(${files.join('|')})`;
}

const not = (names: string[]) => names.length === 0 ? '*.ts' : `!(${names.join('|')}).ts`;
const features = foldersIn('lambda-src').filter((folder) => folder !== 'lambda-src/rotation').map((folder) => `./${folder}`);

const TOOLS = ['./rehearsal', './simulator', './tools', './servers', './scripts'];

/** The allowed directions of import. scripts/check/circles.ts finds circles, because lint overlooks imports of types. */
export const ZONES: Zone[] = [
  { target: './src', from: './lambda-src', message: 'The constructs and the handler share contracts only, and those are in src.' },
  { target: './lambda-src', from: './src/**/*', except: ['**/contract.ts'], message: 'The handler imports only contracts of the constructs.' },
  { target: './src/**/contract.ts', from: './src/**/*', except: ['**/contract.ts'], message: 'A contract imports contracts only.' },
  ...siblings('src/targets'),
  ...siblings('lambda-src/targets'),
  ...[`./src/${not(['rotation-target', ...IMPORTS_TARGETS])}`, './src/!(targets)/**'].map((target) => ({
    target,
    from: './src/targets/**/*',
    except: ['**/targets/definition.ts'],
    message: 'Only rotation-target.ts imports targets; everything else uses targets/definition.ts.',
  })),
  {
    target: `./src/*/**/${not(IMPORTS_PUBLIC_FILE)}`,
    from: './src/*.ts',
    except: SHARED.map((name) => `**/${name}.ts`),
    message: 'A room imports no public file.',
  },
  { target: './lambda-src/rotation', from: features, message: 'The rotation knows targets and features by their ports only.' },
  {
    target: './lambda-src/handler.ts',
    from: features.filter((feature) => feature !== './lambda-src/aws'),
    message: 'The handler knows targets and features by their ports only.',
  },
  { target: './lambda-src/rotation', from: './lambda-src/handler.ts', message: 'The handler calls the rotation, never the other way.' },
  { target: './lambda-src/targets', from: './lambda-src/rotation/secret-versions.ts', message: 'A target never calls Secrets Manager.' },
  { target: './!(test)/**', from: './test', message: 'Nothing outside test/ imports test/.' },
  ...['./src', './lambda-src'].map((target) => ({ target, from: TOOLS, message: 'What users run imports nothing that only builds or tests it.' })),
  { target: './rehearsal', from: ['./tools', './servers', './scripts'], message: 'The rehearsal ships with the simulator and the handler, and nothing else.' },
];

/** A contract imports no package; a target imports neither CDK nor the client of Secrets Manager. */
export const PACKAGES = {
  'src/**/contract.ts': { regex: '^[^.]', message: 'A contract imports contracts only.' },
  'lambda-src/targets/**/*.ts': { group: ['@aws-sdk/client-secrets-manager', 'aws-cdk-lib*'], message: 'A target never calls Secrets Manager.' },
};
