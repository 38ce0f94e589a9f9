import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesBelow } from '../../../tools/files';
import { run } from '../../../tools/run';

/** The package for one registry, unpacked. */
export interface Package {
  readonly registry: string;
  readonly name: string;
  /** The published size. Absent if it is published as a folder. */
  readonly packedBytes?: number;
  readonly directory: string;
  readonly files: string[];
}

/** Unpacks the packages below `dist`, each into a folder of its own below `directory`. */
export function unpackAll(dist: string, directory: string): Package[] {
  const archives = (registry: string, folder: string, suffix: RegExp) => filesBelow(join(dist, folder))
    .filter((file) => suffix.test(file))
    .map((file) => unpack(registry, join(dist, folder, file), directory));
  return [
    ...archives('npm', 'js', /\.tgz$/),
    ...archives('PyPI', 'python', /\.whl$|\.tar\.gz$/),
    ...archives('Maven Central', 'java', /\.jar$/),
    ...folders('Go', join(dist, 'go')),
    ...folders('NuGet, sources', join(dist, 'dotnet')),
  ];
}

/** The npm package that a binding contains, unpacked below `home`. Undefined if there is none. */
export function unpackCarried({ registry, name, directory, files }: Package, home: string): string | undefined {
  if (registry === 'npm') { return join(directory, 'package'); }
  const tarball = files.find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) { return undefined; }
  const carried = join(home, `${name}.carried`);
  run('mkdir', [carried]);
  run('tar', ['-xzf', join(directory, tarball), '-C', carried]);
  return join(carried, 'package');
}

/** The files that every package has about its content. A sdist has the bill of materials inside the npm package. */
const ABOUT: Readonly<Record<string, readonly RegExp[]>> = {
  'npm': [/^package\/LICENSE$/, /^package\/NOTICE$/, /^package\/sbom\.cdx\.json$/],
  'wheel': [/\.dist-info\/(licenses\/)?LICENSE$/, /\.dist-info\/(licenses\/)?NOTICE$/, /\.dist-info\/sboms\/sbom\.cdx\.json$/],
  'sdist': [/^[^/]+\/LICENSE$/, /^[^/]+\/NOTICE$/],
  'Maven Central': [/^META-INF\/LICENSE$/, /^META-INF\/NOTICE$/, /^META-INF\/sbom\/sbom\.cdx\.json$/],
  'Go': [/^LICENSE$/, /^NOTICE$/, /^sbom\.cdx\.json$/],
  'NuGet, sources': [/^LICENSE$/, /^NOTICE$/],
};

/** The files of these that a package lacks, or has with other contents than below `root`. */
export function missingAbout({ registry, name, directory, files }: Package, root: string): string[] {
  const kind = registry === 'PyPI' ? name.endsWith('.whl') ? 'wheel' : 'sdist' : registry;
  return ABOUT[kind].filter((pattern) => {
    const file = files.find((candidate) => pattern.test(candidate));
    return file === undefined || !sameBytes(join(directory, file), join(root, basename(file)));
  }).map(String);
}

/** The files of a package with their sizes. A folder with many files, such as the pages of the Javadoc, is one entry. */
export function list({ registry, name, packedBytes, directory, files }: Package): string {
  const size = (file: string) => statSync(join(directory, file)).size;
  const sum = (some: string[]) => some.reduce((bytes, file) => bytes + size(file), 0);
  const shown = name.includes('-javadoc') ? [] : files;
  const packed = packedBytes === undefined ? '' : `${kilobytes(packedBytes)} packed, `;
  return [
    `${registry}: ${name} (${packed}${kilobytes(sum(files))} unpacked, ${files.length} files)`,
    ...shown.map((file) => `  ${kilobytes(size(file)).padStart(10)}  ${file}`),
  ].join('\n');
}

/** The text that a registry shows of a package: its README, or the metadata of a wheel, which contains it. */
export function readmesOf({ directory, files }: Package): string[] {
  return files.filter((file) => /(^|\/)(README\.md|[^/]+\.dist-info\/METADATA|PKG-INFO)$/.test(file)).map((file) => readFileSync(join(directory, file), 'utf8'));
}

export function sameBytes(a: string, b: string): boolean {
  return readFileSync(a).equals(readFileSync(b));
}

function unpack(registry: string, archive: string, directory: string): Package {
  const target = join(directory, basename(archive));
  run('mkdir', [target]);
  if (/\.tgz$|\.tar\.gz$/.test(archive)) {
    run('tar', ['-xzf', archive, '-C', target]);
  } else {
    run(process.env.PYTHON ?? 'python3', ['-m', 'zipfile', '-e', archive, target]);
  }
  return { registry, name: basename(archive), packedBytes: statSync(archive).size, directory: target, files: filesBelow(target) };
}

function folders(registry: string, directory: string): Package[] {
  return readdirSync(directory).map((name) => ({ registry, name, directory: join(directory, name), files: filesBelow(join(directory, name)) }));
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
