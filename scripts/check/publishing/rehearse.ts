import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { rehearseGo } from './go';
import { rehearseMaven } from './maven';
import { rehearseNpm } from './npm';
import { rehearsePypi } from './pypi';
import type { Checks } from '../../../tools/checks';
import { filesBelow } from '../../../tools/files';

/** Publishes the packages in `dist` as far as that works without an account, and prints what was not tried. */
export function rehearsePublishing(checks: Checks, dist: string, directory: string): void {
  for (const [registry, rehearse] of Object.entries({ npm: rehearseNpm, pypi: rehearsePypi, maven: rehearseMaven, go: rehearseGo })) {
    const home = join(directory, registry);
    mkdirSync(home);
    rehearse(checks, dist, home);
  }
  if (!existsSync(join(dist, 'dotnet')) || !filesBelow(join(dist, 'dotnet')).some((file) => file.endsWith('.nupkg'))) {
    console.log('NOT TRIED: publishing to NuGet, as there is no .NET SDK here, so no package.');
  }
  console.log('NOT TRIED: logging in to npm, PyPI and NuGet as a trusted publisher, provenance and attestations: these need the workflow\'s own identity. Uploads, but Go\'s.');
}
