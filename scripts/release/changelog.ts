/** The entry of one version in CHANGELOG.md. */
export interface Entry {
  /** Such as 1.2.3. Undefined for unreleased changes. */
  readonly version?: string;
  readonly notes: string;
}

const HEADING = /^## (.*)$/m;
const VERSION = /^\d+\.\d+\.\d+$/;

/**
 * The entries of a changelog, the latest first.
 *
 * @throws if a heading is neither a version nor `Unreleased` at the top, if versions don't descend, or if an entry is empty
 */
export function readChangelog(text: string): Entry[] {
  const [, ...parts] = text.split(HEADING);
  const entries: Entry[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    entries.push(readEntry(parts[index].trim(), parts[index + 1].trim(), index === 0));
  }
  const versions = entries.flatMap(({ version }) => version ?? []);
  const misplaced = versions.find((version, index) => index > 0 && compareVersions(version, versions[index - 1]) >= 0);
  if (misplaced !== undefined) { throw new Error(`CHANGELOG.md: ${misplaced} is not older than the version above it; the latest version comes first`); }
  if (entries.length === 0) { throw new Error('CHANGELOG.md has no entry; give it one, below "## Unreleased"'); }
  return entries;
}

/**
 * The next release.
 *
 * @throws if the latest entry has no version, or one that isn't newer than all released ones
 */
export function nextRelease(entries: Entry[], tags: string[]): Required<Entry> {
  const [{ version, notes }] = entries;
  if (version === undefined) { throw new Error('CHANGELOG.md: the latest entry is "Unreleased"; to release it, give it a version for a heading, such as "## 0.1.0"'); }
  const latest = latestVersion(tags);
  if (latest !== undefined && compareVersions(version, latest) <= 0) {
    throw new Error(`CHANGELOG.md: the latest entry is ${version}, and ${latest} has been released; there is nothing to release`);
  }
  return { version, notes };
}

/** The highest version among tags such as v1.2.3. Other tags don't count. */
export function latestVersion(tags: string[]): string | undefined {
  const versions = tags.filter((tag) => tag.startsWith('v')).map((tag) => tag.slice(1)).filter((version) => VERSION.test(version));
  return versions.sort(compareVersions).at(-1);
}

function readEntry(heading: string, notes: string, isFirst: boolean): Entry {
  const isVersion = VERSION.test(heading);
  if (!isVersion && !(isFirst && heading === 'Unreleased')) {
    throw new Error(`CHANGELOG.md: "## ${heading}" is neither a version such as 0.1.0 nor, at the top, Unreleased`);
  }
  if (notes === '') { throw new Error(`CHANGELOG.md: "## ${heading}" is empty; write what changed for the users of the package`); }
  return { version: isVersion ? heading : undefined, notes };
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const index = left.findIndex((part, position) => part !== right[position]);
  return index < 0 ? 0 : left[index] - right[index];
}
