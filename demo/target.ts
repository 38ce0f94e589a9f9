import { App, Stack } from 'aws-cdk-lib';
import type { Checks } from './checks';
import { Deployment, type RotationRun } from './deployment';
import { installServers } from './installation';
import { plural, Report } from './report';
import { ACCOUNT, makeSimulator, REGION } from './simulator';
import type { TargetScene, TargetServer } from './target-scene';
import { TARGETS } from './targets';
import { StackTemplate } from './template';
import type { Terminal } from '../tools/terminal';

/** Rotations without a crash. Afterwards, the credential of the first one is revoked. */
const ROTATIONS = 3;

interface Stage {
  readonly terminal: Terminal;
  readonly checks: Checks;
  readonly report: Report;
  readonly scene: TargetScene;
  readonly server: TargetServer;
  readonly deployment: Deployment;
  /** The values that were current, oldest first, from the first credential on. */
  readonly credentials: string[];
  /** Whether readers could log in, at the moment of each crash. */
  readonly duringCrashes: boolean[];
}

/** Deploys, rotates, crashes and recovers, beside a server that says which credentials it accepts. */
export async function demoOfTarget(name: string, terminal: Terminal, checks: Checks, directory: string): Promise<void> {
  const { scene } = await import(TARGETS.get(name)!) as { scene: TargetScene };
  terminal.line(terminal.style('bold', `${scene.title}, on this machine`));
  terminal.paragraph('No AWS account, no Docker, and no value of a secret is shown. Secrets Manager is simulated; the function is the shipped asset.', { lead: '' });
  await installServers(terminal, scene.installs ?? []);

  const simulator = makeSimulator();
  let deployment: Deployment | undefined;
  const losesReply = async () => {
    if (!deployment?.awaitsTarget) { return false; }
    const { versions } = deployment;
    const pending = versions.find(({ stages }) => stages.includes('AWSPENDING'))?.value;
    if (!await server.hasChanged(pending, versions.flatMap(({ value }) => value ?? [])) || !deployment.awaitsTarget) { return false; }
    await deployment.kill();
    return true;
  };
  const server = await scene.start({ directory, simulator, losesReply });
  try {
    const duringCrashes: boolean[] = [];
    const report = new Report(terminal, { outcomes: scene.outcomes, kills: { target: `${scene.change.description}, the answer is lost` } });
    report.section('The server');
    for (const paragraph of server.description) { terminal.paragraph(paragraph); }
    const stack = new StackTemplate(synthesizeFor(server, directory));
    deployment = await Deployment.start(stack, {
      simulator,
      text: scene.text,
      environment: server.environment,
      onKill: async () => { duringCrashes.push(await server.logIn(currentOf(deployment!))); },
    });
    const stage: Stage = { terminal, checks, report, scene, server, deployment, credentials: [], duringCrashes };
    await deploy(stage, stack);
    await rotate(stage);
    await rotateWithCrashes(stage);
    checkOutputs(stage);
  } finally {
    await deployment?.stop();
    await server.stop();
  }
}

function synthesizeFor(server: TargetServer, directory: string): string {
  const outdir = `${directory}/cdk.out`;
  const context = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };
  const app = new App({ outdir, context, analyticsReporting: false });
  server.addTo(new Stack(app, 'Demo', { env: { region: REGION, account: ACCOUNT } }));
  app.synth();
  return outdir;
}

async function deploy(stage: Stage, stack: StackTemplate): Promise<void> {
  const { terminal, checks, report, scene, server, deployment, credentials } = stage;
  report.section('Deploy the secret and its function');
  deployment.createSecret();
  const { pid, loadMs } = await deployment.function.start();
  terminal.paragraph(`The stack has ${plural(stack.resources.length, 'resource')}. The function's process ${pid} has loaded the asset, in ${Math.round(loadMs)} ms.`);
  await server.prepare?.(currentOf(deployment));
  const run = await deployment.attachSchedule();
  report.rotation(run);
  report.versions(deployment.versions, scene.text);
  checks.check('The deployment succeeded.', run.result.outcome === 'succeeded', failuresOf(run));
  keepCurrent(stage);
  checks.check('A reader logs in with AWSCURRENT.', await server.logIn(credentials[0]));
}

async function rotate(stage: Stage): Promise<void> {
  const { terminal, checks, report, scene, server, deployment, credentials } = stage;
  report.section(`Rotate it ${plural(ROTATIONS, 'time')}`);
  for (let n = 1; n <= ROTATIONS; n++) {
    await say(terminal, server);
    const run = await deployment.rotate();
    if (n === 1) { report.rotation(run); }
    checks.check(`Rotation ${n} succeeded at once.`, run.result.outcome === 'succeeded' && run.result.attempts === 1, failuresOf(run));
    await checkLogins(stage);
  }
  report.versions(deployment.versions, scene.text);
  checks.check(`The credentials of ${credentials.length} versions were all different.`, new Set(credentials.map((value) => scene.text.fingerprint(value))).size === credentials.length);
}

async function rotateWithCrashes(stage: Stage): Promise<void> {
  const { terminal, checks, report, scene, server, deployment, duringCrashes } = stage;
  report.section('Rotate again, and kill the function three times');
  terminal.paragraph('The process is killed (SIGKILL) when a change is made and its answer has not arrived. Secrets Manager then tries all steps again, for the same version.');
  await say(terminal, server);
  const plan = scene.change.comesFirst ? ['target', 'PutSecretValue'] as const : ['PutSecretValue', 'target'] as const;
  const run = await deployment.rotate(...plan, 'UpdateSecretVersionStage');
  report.rotation(run);
  report.versions(deployment.versions, scene.text);
  const kills = run.steps.flatMap(({ kill }) => kill?.after ?? []);
  checks.check('The process was killed three times, and the fourth attempt succeeded.',
    kills.join() === [...plan, 'UpdateSecretVersionStage'].join() && run.result.outcome === 'succeeded' && run.result.attempts === 4, [kills, failuresOf(run)]);
  checks.check('At the moment of each crash, a reader logged in with AWSCURRENT.', duringCrashes.length === 3 && duringCrashes.every(Boolean), duringCrashes);
  await checkLogins(stage);
  for (const { sentence, holds } of server.afterwards?.() ?? []) { checks.check(sentence, holds); }
}

/** The logins that succeed, when a rotation is over. */
async function checkLogins(stage: Stage): Promise<void> {
  const { checks, scene, server, credentials } = stage;
  keepCurrent(stage);
  const { accepted = 2 } = scene;
  const logins: boolean[] = [];
  for (const value of credentials) { logins.push(await server.logIn(value)); }
  const [latest, older] = [logins.slice(-accepted), logins.slice(0, -accepted)];
  const third = accepted > 2 && latest.length > 2 ? ', and so does the one before it' : '';
  checks.check(`Logins: AWSCURRENT works, AWSPREVIOUS still works${third}${older.length === 0 ? '' : `. Of the older credentials (${older.length}), none does`}.`,
    latest.length >= 2 && latest.every(Boolean) && !older.some(Boolean), logins);
}

/** Nothing that runs here may tell a secret to anybody. */
function checkOutputs({ terminal, checks, report, scene, deployment, credentials }: Stage): void {
  report.section('Logs');
  const lines = deployment.function.output.map(({ text }) => text);
  const holds = (texts: readonly string[]) => texts.some((text) => scene.text.isIn(text, credentials));
  checks.check('The scan finds a secret that is put into a line.', credentials.every((value) => holds([JSON.stringify({ message: scene.text.secretsIn(value).at(-1) })])));
  checks.check(`No secret is in what the function wrote: ${plural(lines.length, 'line')} scanned.`, lines.length > 0 && !holds(lines));
  checks.check('No secret is in what you see here.', terminal.printed.length > 0 && !holds(terminal.printed));
}

async function say(terminal: Terminal, server: TargetServer): Promise<void> {
  const sentence = await server.beforeRotation?.();
  if (sentence !== undefined) { terminal.paragraph(sentence); }
}

function keepCurrent({ deployment, credentials }: Stage): void {
  credentials.push(currentOf(deployment));
}

function currentOf(deployment: Deployment): string {
  return deployment.versions.find(({ stages }) => stages.includes('AWSCURRENT'))!.value!;
}

function failuresOf({ steps }: RotationRun): string[] {
  return steps.flatMap(({ step, error }) => error === undefined ? [] : [`${step}: ${error}`]);
}
