import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checks } from '../../../tools/checks';
import { filesBelow } from '../../../tools/files';
import { ROOT, run } from '../../../tools/run';
import { ASSETS } from '../../../tools/shipped-asset';

const APP = join(ROOT, 'test', 'consumers', 'npm');

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** Programs that bundling or downloading at synthesis would start. */
const TRIPWIRES = ['docker', 'esbuild', 'finch', 'npm', 'npx', 'podman', 'yarn'];

const RESOURCES = [
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::SecretsManager::RotationSchedule',
  'AWS::SecretsManager::Secret',
];

export interface CdkVersion {
  readonly 'aws-cdk-lib': string;
  readonly 'constructs': string;
}

/** A CDK app of its own in `directory`. Only the tarball and CDK are installed. */
export function checkConsumer(checks: Checks, directory: string, tarball: string, cdk: CdkVersion): void {
  cpSync(APP, directory, { recursive: true });
  const packages = [tarball, `aws-cdk-lib@${cdk['aws-cdk-lib']}`, `constructs@${cdk.constructs}`];
  run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: directory });
  const [cdkVersion, constructsVersion] = ['aws-cdk-lib', 'constructs'].map((name) => installedVersion(directory, name));
  const named = `with aws-cdk-lib ${cdkVersion} and constructs ${constructsVersion}`;
  const own = ownPackages(directory);
  checks.check(`${named}, nothing else is installed`, own.join() === 'cdk-rotating-secret', own);
  const bundlers = filesBelow(join(directory, 'node_modules')).filter((file) => /(^|\/)(@esbuild|esbuild)\//.test(file));
  checks.check(`${named}, there is no esbuild`, bundlers.length === 0, bundlers.slice(0, 3));

  const path = layTripwires(directory);
  run(process.execPath, [TSC, '-p', '.'], { cwd: directory });
  const templates = ['app.js', 'app.mjs'].map((app) => {
    const assembly = join(directory, `${app}.out`);
    run(process.execPath, [app], { cwd: directory, env: { PATH: path, HOME: directory, CDK_OUTDIR: assembly } });
    return checkAssembly(checks, `${named}, ${app}`, assembly);
  });
  checks.check(`${named}, TypeScript and JavaScript synthesize the same`, templates[0] === templates[1]);
  const tripped = readdirSync(path).filter((file) => file.endsWith('.started'));
  checks.check(`${named}, synthesis starts no bundler, package manager or container`, tripped.length === 0, tripped);
  checkModule(checks, named, directory);
  checkRehearsal(checks, named, directory);
}

/** Loads the rehearsal as CommonJS and as an ES module. Its types are compiled with those of a module. */
function checkRehearsal(checks: Checks, named: string, directory: string): void {
  const said = run(process.execPath, ['rehearsal.js'], { cwd: directory });
  const { loadedByConstructs, imported, findings } = JSON.parse(said) as Record<string, unknown>;
  checks.check(`${named}, the constructs don't load the rehearsal`, loadedByConstructs === false, said);
  checks.check(`${named}, the rehearsal can be required and imported, and finds nothing in a correct target`, imported === true && JSON.stringify(findings) === '[]', said);
}

/** Checks a target that is a module: its types, and the one case that needs the app's esbuild. */
function checkModule(checks: Checks, named: string, directory: string): void {
  for (const resolution of ['node10', 'node16']) {
    run(process.execPath, [TSC, '-p', `tsconfig.${resolution}.json`], { cwd: directory });
  }
  const synthesize = () => run(process.execPath, ['module.js'], { cwd: directory, env: { HOME: directory, CDK_OUTDIR: join(directory, 'module.out') } });
  const said = synthesize();
  checks.check(`${named}, without esbuild a module is refused, with what to install`, /^entry: needs esbuild .*npm install --save-dev esbuild$/m.test(said), said);
  run('npm', ['install', '--no-audit', '--no-fund', '--save-dev', `esbuild@${installedVersion(ROOT, 'esbuild')}`], { cwd: directory });
  const target = synthesize();
  checks.check(`${named}, with esbuild a module is bundled`, target.trim().endsWith('module'), target);
}

function checkAssembly(checks: Checks, named: string, assembly: string): string {
  const text = readFileSync(join(assembly, 'Consumer.template.json'), 'utf8');
  const resources = Object.values<{ Type: string }>(JSON.parse(text).Resources)
    .map(({ Type }) => Type)
    .filter((type) => type !== 'AWS::CDK::Metadata')
    .sort();
  checks.check(`${named}: ${RESOURCES.length} resources`, resources.join() === RESOURCES.join(), resources);
  const assets = filesBelow(assembly).filter((file) => file.startsWith('asset.'));
  const shippedAs = (file: string) => file.slice(file.indexOf('/') + 1);
  const same = assets.map(shippedAs).join() === filesBelow(ASSETS).filter((file) => /^(core|generated)\//.test(file)).join()
    && assets.every((file) => readFileSync(join(assembly, file)).equals(readFileSync(join(ASSETS, shippedAs(file)))));
  checks.check(`${named}: its one asset is the shipped one, byte for byte`, same, assets);
  return text;
}

function installedVersion(directory: string, name: string): string {
  return JSON.parse(readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** The installed packages, without those of CDK. */
function ownPackages(directory: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(directory, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.keys(packages)
    .map((path) => path.replace('node_modules/', ''))
    .filter((name) => !/^(aws-cdk-lib|constructs|@aws-cdk)(\/|$)/.test(name));
}

/** A PATH of commands that fail and leave a file. This also catches a fallback that hides the failure. */
function layTripwires(directory: string): string {
  const path = join(directory, 'tripwires');
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  for (const name of TRIPWIRES) {
    writeFileSync(join(path, name), '#!/bin/sh\n: > "$0.started"\nexit 1\n', { mode: 0o755 });
  }
  checkTripwire(join(path, TRIPWIRES[0]));
  return path;
}

function checkTripwire(command: string): void {
  const trace = `${command}.started`;
  try {
    run(command, []);
  } catch { /* no file is the expected result */ }
  if (!existsSync(trace)) { throw new Error(`${command} leaves no trace`); }
  rmSync(trace);
}
