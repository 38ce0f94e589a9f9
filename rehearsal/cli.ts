#!/usr/bin/env node
import { createInterface } from 'node:readline';
import type { RehearsalOptions, TargetProcess } from './api';
import { rehearse } from './index';

const HELP = `cdk-rotating-secret-rehearse

Rehearse the rotations of a Lambda function in any language, for a test in any language. Options and answers come as lines of JSON on standard
input, questions and the report go to standard output: https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/testing.md

  --help  print this, and run nothing
`;

/** The questions to the test. */
const CALLBACKS = ['secret', 'accepts', 'state'] as const;
type Callback = typeof CALLBACKS[number];

const OPTIONS = [
  'secret', 'generateStringKey', 'passwordPolicy', 'singleCredential', 'notSecret', 'createSecret', 'finishSecret', 'versionStages', 'timeout',
] as const;
const TARGET = ['command', 'cwd', 'environment', 'services'] as const;

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

/** The test at the other end of the pipes. */
class Caller {
  private readonly lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  // The rehearsal watches what is written from here on.
  private readonly write = process.stdout.write.bind(process.stdout);

  public async options(): Promise<Readonly<Record<string, unknown>>> {
    const given = await this.read('options');
    if (typeof given !== 'object' || given === null || Array.isArray(given)) { throw new Error('The first line must be a JSON object with the options.'); }
    return given as Record<string, unknown>;
  }

  public async ask(call: Callback, ...given: readonly unknown[]): Promise<unknown> {
    this.send({ call, arguments: given });
    const answer = await this.read(`the answer of ${call}`) as Answer | null;
    if (answer?.error !== undefined) { throw new Error(`${call} failed: ${answer.error}`); }
    return answer?.result;
  }

  public send(message: object): void { this.write(`${JSON.stringify(message)}\n`); }

  private async read(what: string): Promise<unknown> {
    const { value, done } = await this.lines.next();
    if (done) { throw new Error(`Standard input ended before ${what} came.`); }
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new Error(`A line of JSON was expected: ${what}.`);
    }
  }
}

function pick(given: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => given[name] !== undefined && given[name] !== null).map((name) => [name, given[name]]));
}

function check(given: Readonly<Record<string, unknown>>): void {
  const { command, callbacks = [] } = given;
  const known: readonly string[] = [...OPTIONS, ...TARGET, 'callbacks'];
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length > 0) { throw new Error(`Unknown options: ${unknown.join(', ')}. There are ${known.join(', ')}.`); }
  if (!Array.isArray(command) || command.length === 0) { throw new Error('command must be the program that runs the function, and its arguments, as a list of strings.'); }
  const wrong = Array.isArray(callbacks) ? callbacks.find((name) => !(CALLBACKS as readonly unknown[]).includes(name)) : callbacks;
  if (wrong !== undefined) { throw new Error(`callbacks must be a list of ${CALLBACKS.join(', ')}.`); }
  if ((given.secret ?? undefined) === undefined && !(callbacks as string[]).includes('secret')) {
    throw new Error('secret is missing: the first value of the secret. To be asked for it before each run, put secret into callbacks.');
  }
}

async function main(): Promise<void> {
  const caller = new Caller();
  const given = await caller.options();
  check(given);
  const callbacks = new Set((given.callbacks ?? []) as Callback[]);
  const asked = Object.fromEntries([...callbacks].map((name) => [name, (...values: unknown[]) => caller.ask(name, ...values)]));
  const report = await rehearse(
    pick(given, TARGET) as unknown as TargetProcess, { ...pick(given, OPTIONS), ...asked } as unknown as RehearsalOptions<Record<string, unknown>>,
  );
  const { findings, runs, boundaries } = report;
  caller.send({ report: { findings, runs, boundaries, text: String(report) } });
  process.exitCode = findings.length === 0 ? 0 : 1;
}

const [word] = process.argv.slice(2);
if (word === '--help' || word === '-h') {
  process.stdout.write(HELP);
} else if (word !== undefined) {
  process.stderr.write(`Unexpected argument '${word}'\n\n${HELP}`);
  process.exitCode = 2;
} else {
  main().catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
  }).finally(() => { process.stdin.destroy(); });
}
