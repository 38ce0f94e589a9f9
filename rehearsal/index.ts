import type { RehearsalOptions, RehearsalReport, TargetHandler, TargetModule, TargetProcess, rehearse as Rehearse } from './api';
import { watchOutput, watchSockets } from './in-process';
import { Rehearsal } from './rehearsal';
import { setEnvironment, startSubject } from './subject';
import { CONFIG_VARIABLE, findPolicyProblem, serializeConfig } from '../src/contract';

export type * from './api';

const DEFAULT_TIMEOUT = 10_000;

/** A rehearsal watches the sockets and the output of the process, so rehearsals run one after the other. */
let last: Promise<unknown> = Promise.resolve();

export const rehearse: typeof Rehearse = (target, options) => {
  const next = last.then(() => play(target, options as unknown as RehearsalOptions<never>));
  last = next.catch(() => {});
  return next;
};

async function play(target: TargetModule | TargetHandler | TargetProcess, given: RehearsalOptions<never>): Promise<RehearsalReport> {
  checkGiven(target, given);
  const options = { ...given, timeout: given.timeout ?? DEFAULT_TIMEOUT };
  check(options);
  const rehearsal = new Rehearsal(options);
  const say = rehearsal.hear.bind(rehearsal);
  const subject = await startSubject(target, { ...options, say });
  const restore = [setEnvironment({ [CONFIG_VARIABLE]: serializeConfig(subject.config) }), watchSockets(), watchOutput(say)];
  try {
    await rehearsal.play(subject);
  } finally {
    for (const undo of restore.reverse()) { undo(); }
    await subject.stop();
  }
  return reportOf(rehearsal);
}

/** JavaScript allows what the compiler would refuse. */
function checkGiven(target: unknown, options: unknown): void {
  if (target === null || (typeof target !== 'object' && typeof target !== 'function')) {
    throw new Error(`target must be a module, a handler or { command }, got ${target === null ? 'null' : typeof target}. Import the module with import * as target`);
  }
  if (typeof options !== 'object' || options === null || !('secret' in options)) {
    throw new Error('options must be an object with secret, the first value of the secret or a function that returns it');
  }
}

function check({ passwordPolicy = {}, timeout }: { readonly timeout: number; readonly passwordPolicy?: object }): void {
  const problem = findPolicyProblem(passwordPolicy);
  if (problem) { throw new Error(`passwordPolicy: ${problem.property} ${problem.problem}`); }
  if (!Number.isFinite(timeout) || timeout <= 0) { throw new Error(`timeout must be a number of milliseconds greater than 0, got ${timeout}`); }
}

function reportOf({ findings, runs, boundaries }: Rehearsal): RehearsalReport {
  const said = `${runs} runs, ${boundaries} boundaries: ${findings.length === 0 ? 'nothing found' : `${findings.length} found`}`;
  const text = [said, ...findings.map(({ kind, message }) => `- ${message} (${kind})`)].join('\n');
  return {
    findings,
    runs,
    boundaries,
    toString: () => text,
    assert: () => { if (findings.length > 0) { throw new Error(text); } },
  };
}
