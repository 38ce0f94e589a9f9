/**
 * Packs the package as for publishing, and checks its files. Then installs it into CDK apps elsewhere, at the lowest and at the latest version
 * of CDK, and synthesizes them.
 */
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './shared/build';
import { floorOf } from './shared/floor';
import { checkConsumer } from './tarball/consumer';
import { compareFiles, expectedFiles, findManifestProblems, type Manifest } from './tarball/contents';
import { Checks } from '../../tools/checks';
import { startCommand } from '../../tools/command';
import { filesBelow } from '../../tools/files';
import { ROOT, run, withTemporaryDirectory } from '../../tools/run';
import { FILES } from '../build/bundle-options';

startCommand({
  name: 'tarball',
  command: 'npx tsx scripts/check/tarball.ts',
  description: 'Pack the npm package, and use it in apps elsewhere',
});

const MAX_PACKED_BYTES = 1_000_000;
const LATEST = { 'aws-cdk-lib': 'latest', 'constructs': 'latest' };

const checks = new Checks();

withTemporaryDirectory((directory) => {
  build();
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', directory]);
  const tarball = join(directory, readdirSync(directory)[0]);
  run('tar', ['-xzf', tarball, '-C', directory]);
  const manifest = checkContents(tarball, join(directory, 'package'));

  for (const [name, version] of Object.entries({ floor: floorOf(manifest), latest: LATEST })) {
    const consumer = join(directory, `consumer-${name}`);
    mkdirSync(consumer);
    checkConsumer(checks, consumer, tarball, version);
  }
});

console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

function checkContents(tarball: string, unpacked: string): Manifest {
  const packedBytes = statSync(tarball).size;
  const files = filesBelow(unpacked);
  const unpackedBytes = files.reduce((sum, file) => sum + statSync(join(unpacked, file)).size, 0);
  console.log(`${kilobytes(packedBytes)} packed, ${kilobytes(unpackedBytes)} unpacked, ${files.length} files`);
  checks.check(`packed, it has at most ${kilobytes(MAX_PACKED_BYTES)}`, packedBytes <= MAX_PACKED_BYTES, packedBytes);

  const { missing, unexpected } = compareFiles(expectedFiles({
    constructs: filesBelow(join(ROOT, 'src')),
    assets: FILES,
  }), files);
  checks.check('nothing is missing', missing.length === 0, missing);
  checks.check('nothing else is in it: no source, test, example or tool', unexpected.length === 0, unexpected);
  const withPath = files.filter((file) => readFileSync(join(unpacked, file), 'utf8').includes(ROOT));
  checks.check('no file names the directory it was built in', withPath.length === 0, withPath);

  const manifest: Manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
  const problems = findManifestProblems(manifest);
  checks.check('its package.json has the two peers, no dependency and no install script', problems.length === 0, problems);
  return manifest;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
