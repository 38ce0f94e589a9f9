/* Weaknesses in the workflows that an attacker would look for. `scripts/check/workflows.sh` runs linters on them too. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const FOLDER = join(ROOT, '.github', 'workflows');

interface Job {
  readonly id: string;
  readonly text: string;
}

/** The jobs of all workflows, as projen writes them. */
const JOBS: readonly Job[] = readdirSync(FOLDER).flatMap((file) => {
  const [, jobs] = readFileSync(join(FOLDER, file), 'utf8').split(/^jobs:$/m);
  return jobs.split(/^ {2}(?=\S)/m).slice(1).map((text) => ({ id: `${file} ${text.split(':')[0]}`, text }));
});
const stepsOf = ({ text }: Job) => text.split(/^ {6}- /m).slice(1);
const idsWhere = (isSo: (job: Job) => boolean) => JOBS.filter(isSo).map(({ id }) => id);

test('there are jobs with steps in each workflow', () => {
  expect(JOBS.length).toBeGreaterThan(15);
  expect(idsWhere((job) => stepsOf(job).length === 0)).toEqual([]);
});

test('every action is named by its commit', () => {
  const actions = JOBS.flatMap(({ text }) => [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action));
  expect(actions.length).toBeGreaterThan(40);
  expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
});

test('no checkout keeps credentials, except in the job that pushes', () => {
  const keeps = (job: Job) => stepsOf(job).some((step) => step.includes('actions/checkout@') && !step.includes('persist-credentials: false'));
  expect(idsWhere(keeps)).toEqual(['build.yml self-mutation']);
});

test('dependencies are installed as locked', () => {
  expect(idsWhere(({ text }) => /run: .*npm (install|i|update)\b/.test(text))).toEqual([]);
  expect(idsWhere(({ text }) => /run: .*npm ci\b/.test(text)).length).toBeGreaterThan(5);
});

test('jobs with an identity or secrets of a registry install nothing, and run no code of the repository', () => {
  const publishes = (job: Job) => /id-token: write|secrets\.(MAVEN|NUGET|GO)_|NPM_TRUSTED_PUBLISHER/.test(job.text);
  expect(idsWhere(publishes)).toEqual(['site', 'npm', 'maven', 'pypi', 'nuget', 'golang'].map((registry) => `release.yml release_${registry}`));
  expect(idsWhere((job) => publishes(job) && /\b(npm|npx|pip|yarn|projen)\b (?!registry)|actions\/checkout/.test(stepsOf(job).join('')))).toEqual([]);
});

test('publishing uses the packages of the job before it, and a locked publib', () => {
  for (const registry of ['npm', 'maven', 'pypi', 'nuget', 'golang']) {
    const [packaging, publishing] = ['package', 'release'].map((kind) => JOBS.find(({ id }) => id === `release.yml ${kind}_${registry}`)!.text);
    expect(packaging).toContain('permissions:\n      contents: read\n');
    expect(packaging).toContain('run: npm ci --ignore-scripts --prefix .repo/scripts/release/publib');
    expect(packaging).not.toContain('secrets.');
    expect(publishing).toContain(`- package_${registry}\n`);
    expect(publishing).toContain(`run: publib/node_modules/.bin/publib-${registry}`);
  }
});

test('the site is published as the job before it made it, with no other permission', () => {
  const [packaging, publishing] = ['package', 'release'].map((kind) => JOBS.find(({ id }) => id === `release.yml ${kind}_site`)!.text);
  expect(packaging).toContain('permissions:\n      contents: read\n');
  expect(packaging).toContain('name: github-pages');
  expect(publishing).toContain('permissions:\n      pages: write\n      id-token: write\n');
  expect(publishing).toContain('environment: github-pages\n');
  expect(publishing.match(/\b(uses|run): \S+(?=@)/g)).toEqual(['uses: actions/deploy-pages']);
  expect(publishing).not.toContain('run: ');
});
