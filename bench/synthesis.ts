import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buildSync } from 'esbuild';
import { spreadOf, type Spread } from './statistics';

const ROOT = join(__dirname, '..');
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const MAX_RESOURCES = 500;
/** The last is the most that any of them can hold. */
export const COUNTS: readonly number[] = [1, 10, 50, 160, 247];

export type Whose = 'ours' | 'oursAlone' | 'sharedFunction' | 'functionEach';

export interface Synthesis {
  readonly whose: Whose;
  readonly secrets: number;
  readonly milliseconds: Spread;
  readonly templateBytes: number;
  readonly resources: number;
}

interface Once {
  readonly milliseconds: number;
  readonly bytes: number;
  readonly resources: number;
}

/** Apps of many secrets, each in a separate process, without the time to load CDK. */
export function measureSyntheses(runs: number, counts: readonly number[] = COUNTS): Synthesis[] {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const app = compileApp(folder);
    const environment = {
      ...process.env,
      REPOSITORY: ROOT,
      NODE_PATH: join(ROOT, 'node_modules'),
      PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
      CDK_VALIDATION: 'false',
    };
    const subjects: [Whose, number][] = [
      ['oursAlone', 1],
      ...counts.flatMap((count): [Whose, number][] => [['ours', count], ['sharedFunction', count], ['functionEach', count]]),
    ];
    return subjects.flatMap(([whose, secrets]) => {
      // Bundling for each of many functions is slow, and always takes the same time.
      const results = Array.from({ length: whose === 'functionEach' && secrets > 1 ? 1 : runs }, () => synthesizeOnce(app, whose, secrets, environment));
      const [first] = results;
      if (!first || results.some((result) => result === undefined)) { return []; }
      const milliseconds = spreadOf(results.map((result) => result!.milliseconds));
      return [{ whose, secrets, milliseconds, templateBytes: first.bytes, resources: first.resources }];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Compiled to JavaScript, beside the assets at the package's path. Otherwise the time to compile TypeScript would be measured too. */
function compileApp(folder: string): string {
  const lib = join(folder, 'package', 'lib');
  mkdirSync(lib, { recursive: true });
  // At the depth of the file that looks for the assets.
  const outfile = join(lib, 'targets', 'app.js');
  buildSync({
    entryPoints: [join(__dirname, 'synthesis-app.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'esbuild'],
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'package', 'package.json'), '{}');
  spawnSync('cp', ['-r', join(ROOT, 'assets'), join(folder, 'package', 'assets')]);
  return outfile;
}

/** Undefined if there are more resources than a stack may have. */
function synthesizeOnce(app: string, whose: Whose, secrets: number, env: NodeJS.ProcessEnv): Once | undefined {
  const { status, stdout, stderr } = spawnSync(process.execPath, [app, whose, String(secrets)], { env, cwd: ROOT, encoding: 'utf8' });
  if (status === 0) { return JSON.parse(stdout.trim().split('\n').at(-1)!) as Once; }
  if (/exceeds maximum of 500|maximum.*500/.test(stderr)) { return undefined; }
  throw new Error(`${whose}, ${secrets} secrets: ${stderr}`);
}

/** How many secrets fit into a stack, with their function in it. */
export function mostSecrets(syntheses: readonly Synthesis[], whose: Whose): number {
  const [one, ten] = [1, 10].map((count) => syntheses.find((synthesis) => synthesis.whose === whose && synthesis.secrets === count)!.resources);
  const each = (ten - one) / 9;
  return Math.floor((MAX_RESOURCES - (one - each)) / each);
}
