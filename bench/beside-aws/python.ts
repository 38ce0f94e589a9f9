import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../tools/run';

const REQUIREMENTS = join(__dirname, 'requirements.txt');
/** Lambda has no older Python: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
const DEFAULT_PYTHON = 'python3.11';

/** Python with what AWS's templates import, in a folder of the benchmarks. */
export function pythonOfTemplates(): string {
  const folder = join(__dirname, '..', '..', '.bench', 'beside-aws');
  const python = join(folder, 'bin', 'python');
  const installed = join(folder, 'requirements.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) {
    mkdirSync(folder, { recursive: true });
    try {
      run(process.env.PYTHON ?? DEFAULT_PYTHON, ['-m', 'venv', '--clear', folder]);
      run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', REQUIREMENTS]);
    } catch (error) {
      throw new Error('The templates need Python 3.11, or the one that PYTHON names, a C compiler, and pg_config with the headers of libpq (libpq-dev in Debian). '
        + `Install them, and try again.\n${(error as Error).message}`);
    }
    writeFileSync(installed, wanted);
  }
  return python;
}

/** The versions of Python and of what the templates import. */
export function versionsOf(python: string): string {
  const packages = [...readFileSync(REQUIREMENTS, 'utf8').matchAll(/^(boto3|PyGreSQL|PyMySQL)==(.+)$/gm)].map(([, name, version]) => `${name} ${version}`);
  const libpq = run(python, ['-c', 'import pg; print(pg.get_pqlib_version())']).trim();
  return [run(python, ['--version']).trim(), ...packages, `libpq ${Math.floor(Number(libpq) / 10_000)}.${Number(libpq) % 10_000}`].join(', ');
}
