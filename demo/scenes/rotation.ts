import type { Call, Operation } from '../../simulator';
import { meetsPolicy, parseConfig } from '../../src/contract';
import type { RotationRun, VersionView } from '../deployment';
import { plural, shortId } from '../report';
import type { Stage } from '../stage';

/** A rotation in which nothing goes wrong. */
export async function rotate(stage: Stage): Promise<void> {
  const { terminal, report, checks, deployment, text } = stage;
  report.section('The secret is due: rotate it');
  terminal.paragraph('Secrets Manager makes a new version without a value, labels it AWSPENDING, and calls the function four times.');
  const before = deployment.versions;
  const run = await deployment.rotate();
  report.rotation(run);
  report.versions(deployment.versions, text);
  checks.check('The rotation succeeded at once, and each of the four steps ran once.',
    run.result.outcome === 'succeeded' && outcomesOf(run) === 'createSecret created, setSecret set, testSecret tested, finishSecret promoted', outcomesOf(run));
  checks.check('One process served all four steps, as a warm Lambda does.', new Set(run.steps.map(({ pid }) => pid)).size === 1);
  checkNewVersion(stage, before, run);
}

/** A rotation whose function is killed twice, each time when the service did what it was asked and the answer is on its way. */
export async function rotateWithCrashes(stage: Stage): Promise<void> {
  const { terminal, report, checks, deployment, text } = stage;
  report.section('Rotate again, and kill the function in the middle, twice');
  terminal.paragraph('The process is killed (SIGKILL) at the two worst moments: Secrets Manager has done what it was asked, and its answer never arrives. '
    + 'Secrets Manager then tries the whole sequence again, for the same version. That may take it a while; here it does so at once.');
  const before = deployment.versions;
  const run = await deployment.rotate('PutSecretValue', 'UpdateSecretVersionStage');
  report.rotation(run);
  terminal.line();
  terminal.paragraph(`What the account's audit log (CloudTrail) would say: ${eventsOf(stage, run)}`);
  report.versions(deployment.versions, text);

  const { result, steps, calls } = run;
  const kills = steps.flatMap(({ step, kill }) => kill ? [`${step} after ${kill.after}`] : []);
  checks.check('The process was killed twice: when the value was stored, and when the label had moved.',
    kills.join() === 'createSecret after PutSecretValue,finishSecret after UpdateSecretVersionStage'
      && calls.filter(({ lost }) => lost).map(({ operation }) => operation).join() === 'PutSecretValue,UpdateSecretVersionStage', kills);
  const pids = [1, 2, 3].map((attempt) => new Set(steps.filter((step) => step.attempt === attempt).map(({ pid }) => pid)));
  checks.check('The third attempt succeeded. Each attempt had one process, and none had that of another.',
    result.outcome === 'succeeded' && result.attempts === 3 && pids.every(({ size }) => size === 1) && new Set(pids.flatMap((set) => [...set])).size === 3,
    outcomesOf(run));
  checks.check('The second attempt found the stored value, and the third found the work done.',
    outcomesOf(run, 2) === 'createSecret alreadyCreated, setSecret set, testSecret tested, finishSecret killed'
      && outcomesOf(run, 3) === 'createSecret alreadyCurrent, setSecret alreadyCurrent, testSecret alreadyCurrent, finishSecret alreadyCurrent', outcomesOf(run));
  checkNewVersion(stage, before, run);
  checkHistory(stage);
}

function checkNewVersion({ checks, deployment, text }: Stage, before: readonly VersionView[], { result, calls }: RotationRun): void {
  const after = deployment.versions;
  const old = labelled(before, 'AWSCURRENT')!;
  const current = labelled(after, 'AWSCURRENT')!;
  checks.check('There is one new version. One password was generated for it, it was stored once, and AWSCURRENT moved once.',
    after.length === before.length + 1 && ['GetRandomPassword', 'PutSecretValue', 'UpdateSecretVersionStage'].every((operation) => count(calls, operation as Operation) === 1),
    calls.map(({ operation }) => operation));
  const pending = labelled(after, 'AWSPENDING');
  checks.check(`The labels are right: AWSCURRENT is on the new version ${shortId(result.token)}, AWSPREVIOUS on ${shortId(old.id)}, and no version is left pending.`,
    current.id === result.token && labelled(after, 'AWSPREVIOUS')?.id === old.id && (pending === undefined || pending.id === result.token), deployment.secret.stages);
  checks.check('The password is another one, and all else in the value is as it was, byte for byte.',
    current.value !== undefined && text.differOnlyInPassword(old.value!, current.value));
  checks.check('The new password meets the policy in the template.',
    meetsPolicy(text.passwordOf(current.value!), parseConfig(deployment.function.environment.ROTATION_CONFIG).passwordPolicy));
  checks.check('Every older version still has its value.',
    before.every(({ id, value }) => value !== undefined && deployment.secret.value(id) === value));
}

function checkHistory({ checks, deployment, text }: Stage): void {
  const history = deployment.history();
  const values = history.map((moment) => moment.value('AWSCURRENT'));
  const passwords = new Set(values.map((value) => typeof value === 'string' && text.passwordOf(value)));
  checks.check(`At every instant a version with AWSCURRENT had a value: in each of the ${plural(history.length, 'state')} that the secret was ever in.`,
    values.every((value) => typeof value === 'string'));
  checks.check('Readers saw three passwords in all, one after the other: the first one, and one for each rotation.',
    passwords.size === 3 && values.filter((value, index) => value !== values[index - 1]).length === 3);
}

function outcomesOf({ steps }: RotationRun, attempt?: number): string {
  return steps
    .filter((step) => attempt === undefined || step.attempt === attempt)
    .map(({ step, outcome, kill, error }) => `${step} ${outcome ?? (kill ? 'killed' : error)}`)
    .join(', ');
}

function eventsOf({ deployment }: Stage, { result }: RotationRun): string {
  return deployment.simulator.events
    .filter(({ token }) => token === result.token)
    .map(({ name, step }) => step ? `${name} (${step})` : name)
    .join(', ');
}

function labelled(versions: readonly VersionView[], stage: string): VersionView | undefined {
  return versions.find(({ stages }) => stages.includes(stage));
}

function count(calls: readonly Call[], operation: Operation): number {
  return calls.filter((call) => call.operation === operation).length;
}
