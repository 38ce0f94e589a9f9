import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spreadOf, type Spread } from './statistics';

const ROOT = join(__dirname, '..');

export interface PackageCost {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: number;
  /** The time to install it into an app that has CDK, in milliseconds. */
  readonly install: Spread;
  /** The time to require the constructs after CDK, in milliseconds. */
  readonly require: Spread;
}

/** Measures the published tarball, in an app outside the repository. */
export function measurePackage(runs: number): PackageCost {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const run = (cwd: string, command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    if (status !== 0) { throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`); }
    return stdout;
  };
  try {
    run(ROOT, 'npx', 'jsii');
    run(ROOT, 'npm', 'pack', '--ignore-scripts', '--pack-destination', folder);
    const tarball = join(folder, readdirSync(folder)[0]);
    run(folder, 'tar', '-xzf', tarball);
    const files = readdirSync(join(folder, 'package'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

    const app = join(folder, 'app');
    mkdirSync(app);
    run(app, 'npm', 'init', '-y');
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { peerDependencies: Record<string, string> };
    const floor = (name: string) => manifest.peerDependencies[name].replace('^', '');
    run(app, 'npm', 'install', '--no-audit', '--no-fund', `aws-cdk-lib@${floor('aws-cdk-lib')}`, `constructs@${floor('constructs')}`);
    const installs: number[] = [];
    for (let n = 0; n < runs; n++) {
      const start = performance.now();
      run(app, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', tarball);
      installs.push(performance.now() - start);
      if (n < runs - 1) { run(app, 'npm', 'uninstall', '--no-audit', '--no-fund', 'cdk-rotating-secret'); }
    }
    const timed = "for (const name of ['core', 'aws-lambda', 'aws-secretsmanager', 'aws-ec2', 'aws-kms', 'aws-logs', 'aws-iam']) { require('aws-cdk-lib/' + name); }"
      + "const start = performance.now(); require('cdk-rotating-secret').RotatingSecret; console.log(performance.now() - start);";
    const requires = Array.from({ length: 3 * runs }, () => Number(run(app, process.execPath, '-e', timed)));
    return {
      packedBytes: statSync(tarball).size,
      unpackedBytes: files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0),
      files: files.length,
      install: spreadOf(installs),
      require: spreadOf(requires),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
