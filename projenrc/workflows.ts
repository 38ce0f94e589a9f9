/* Adds to projen's workflows: actions by commit, checkouts that keep no credentials, and jobs that publish without installing. */
import { Component, github, javascript } from 'projen';

/** The commits of versions that projen names by tag. */
const ACTIONS: Readonly<Record<string, string>> = {
  'actions/setup-dotnet@v6.0.0': 'a98b56852c35b8e3190ac28c8c2271da59106c68',
  'actions/setup-go@v7.0.0': 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e',
  'actions/setup-java@v6.0.0': 'dd06d9cba3e5552c54d9f8ea23572deb30010f7c',
  'actions/setup-node@v7.0.0': '820762786026740c76f36085b0efc47a31fe5020',
  'actions/setup-python@v7.0.0': '5fda3b95a4ea91299a34e894583c3862153e4b97',
  'peter-evans/create-pull-request@v8.1.1': '5f6978faf089d4d20b00c7766989d076bb2fc7f1',
};
/** It pushes, so its checkout needs the token. */
const PUSHES = 'self-mutation';
const PUBLIB = /^npx '-p' 'publib@[\d.]+' '(publib-\w+)'$/;
const PUBLIB_FOLDER = 'scripts/release/publib';

/** Must be created last, because it changes the output of the other components. */
export class SafeWorkflows extends Component {
  public constructor(project: javascript.NodeProject) {
    super(project);
    for (const [action, commit] of Object.entries(ACTIONS)) {
      github.GitHub.of(project)!.actions.set(action, `${action.split('@')[0]}@${commit}`);
    }
  }

  public preSynthesize(): void {
    const all = github.GitHub.of(this.project)!.workflows;
    const release = all.find(({ name }) => name === 'release')!;
    for (const id of ['release_npm', 'release_maven', 'release_pypi', 'release_nuget', 'release_golang']) { splitPackaging(release, id); }
    all.forEach(keepNoCredentials);
  }
}

/** Splits a job into one that installs and packages, and one that may publish and runs only the result of the first. */
function splitPackaging(workflow: github.GithubWorkflow, id: string): void {
  const job = workflow.getJob(id) as github.workflows.Job;
  const steps = job.steps as github.workflows.JobStep[];
  const published = steps.findIndex(({ run }) => PUBLIB.test(run ?? ''));
  const [, command] = PUBLIB.exec(steps[published].run!)!;
  const packageId = id.replace('release_', 'package_');
  const packaging: github.workflows.JobStep[] = [
    ...steps.slice(0, published),
    // As locked, and without install scripts. As a tar, because an artifact keeps no links.
    {
      name: 'Install publib',
      run: `npm ci --ignore-scripts --prefix .repo/${PUBLIB_FOLDER} && tar -cf dist/publib.tar -C .repo/${PUBLIB_FOLDER} node_modules`,
    },
    {
      name: 'Upload package',
      uses: 'actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a',
      with: { 'name': packageId, 'path': 'dist', 'if-no-files-found': 'error' },
    },
  ];
  workflow.removeJob(id);
  workflow.addJobs({
    [packageId]: { ...job, name: job.name?.replace('Publish to', 'Package for'), permissions: { contents: github.workflows.JobPermission.READ }, steps: packaging },
    [id]: {
      ...job,
      needs: ['release', packageId],
      steps: [
        ...steps.filter(({ uses }) => /^actions\/setup-/.test(uses ?? '')),
        { name: 'Download package', uses: 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', with: { name: packageId, path: 'dist' } },
        { name: 'Unpack publib', run: 'mkdir publib && tar -xf dist/publib.tar -C publib && rm dist/publib.tar' },
        { ...steps[published], run: `publib/node_modules/.bin/${command}` },
      ],
    },
  });
}

function keepNoCredentials(workflow: github.GithubWorkflow): void {
  for (const [id, job] of Object.entries(jobsOf(workflow))) {
    if (id === PUSHES || !('steps' in job)) { continue; }
    const steps = () => resolved(job.steps).map((step) => /^actions\/checkout@/.test(step.uses ?? '')
      ? { ...step, with: { ...step.with, 'persist-credentials': false } }
      : step);
    workflow.updateJob(id, { ...job, steps: steps as unknown as github.workflows.JobStep[] });
  }
}

/** projen makes the steps of some jobs only when it writes them. */
function resolved(steps: github.workflows.Job['steps'] | (() => github.workflows.JobStep[])): github.workflows.JobStep[] {
  return typeof steps === 'function' ? (steps as () => github.workflows.JobStep[])() : steps;
}

/** projen returns a job only by its name. */
function jobsOf(workflow: github.GithubWorkflow): Record<string, github.workflows.Job | github.workflows.JobCallingReusableWorkflow> {
  return (workflow as unknown as { readonly _jobs: Record<string, github.workflows.Job> })._jobs;
}
