import type { Kill, KillPoint, RotationRun, StepRun, VersionView } from './deployment';
import type { ValueText } from './secret-text';
import type { Call } from '../simulator';
import { printTable } from '../tools/table';
import type { Cell } from '../tools/table';
import type { Terminal } from '../tools/terminal';

/** What the outcomes that the handler logs mean. */
const OUTCOMES: Readonly<Record<string, string>> = {
  created: 'stored a new password',
  alreadyCreated: 'kept the stored password',
  set: 'nothing else to change',
  tested: 'the value is well formed',
  promoted: 'moved AWSCURRENT',
  alreadyCurrent: 'nothing left to do',
};

const KILLS: Partial<Readonly<Record<KillPoint, string>>> = {
  PutSecretValue: 'the value is stored, the answer lost',
  UpdateSecretVersionStage: 'AWSCURRENT has moved, the answer is lost',
};

export interface ReportOptions {
  /** What outcomes mean for a target. */
  readonly outcomes?: Readonly<Record<string, string>>;
  /** What kills mean for a target. */
  readonly kills?: Partial<Readonly<Record<KillPoint, string>>>;
}

/** What a person wants to see of a secret and its rotations. */
export class Report {
  private sections = 0;

  constructor(private readonly terminal: Terminal, private readonly options: ReportOptions = {}) {}

  public section(title: string): void {
    this.terminal.line();
    const heading = `${++this.sections}. ${title}`;
    const rule = this.terminal.boxes ? ` ${'─'.repeat(Math.max(0, this.terminal.width - heading.length - 1))}` : '';
    this.terminal.line(this.terminal.style('bold', this.terminal.style('cyan', heading)) + this.terminal.style('dim', rule));
  }

  /** The steps of a rotation, attempt by attempt. */
  public rotation({ result, steps }: RotationRun): void {
    for (let attempt = 1; attempt <= result.attempts; attempt++) {
      const runs = steps.filter((run) => run.attempt === attempt);
      const { pid } = runs[0];
      const isNew = attempt > 1 && steps.find((run) => run.pid === pid)?.attempt === attempt;
      if (result.attempts > 1) {
        this.terminal.line();
        this.terminal.paragraph(`Attempt ${attempt}, in ${isNew ? 'a new process' : 'the process'} ${pid}`, { style: 'bold' });
      }
      printTable(this.terminal, {
        columns: ['Step', 'Outcome', 'Calls', 'Time'],
        rows: runs.map((run) => [run.step, this.outcomeOf(run), callsOf(run.calls), `${Math.round(run.durationMs)} ms`]),
      });
      for (const { kill } of runs) {
        if (kill) { this.stagesAt(kill); }
      }
    }
  }

  /** The versions of a secret, with masked values. */
  public versions(versions: readonly VersionView[], text: ValueText): void {
    this.terminal.line();
    printTable(this.terminal, {
      columns: ['Version', 'Labels', 'Value', 'SHA-256'],
      rows: versions.map(({ id, stages, value }) => [
        shortId(id),
        stages.length === 0 ? { text: '(none)', style: 'dim' } : { text: stages.join(', '), style: stages.includes('AWSCURRENT') ? 'green' : undefined },
        value === undefined ? '(no value yet)' : text.masked(value, this.mask),
        value === undefined ? '' : text.fingerprint(value),
      ]),
    });
  }

  private outcomeOf({ outcome = '(not logged)', kill, error }: StepRun): Cell {
    if (kill) { return { text: `killed: ${this.options.kills?.[kill.after] ?? KILLS[kill.after] ?? `right after ${kill.after}`}`, style: 'red' }; }
    if (error !== undefined) { return { text: `failed: ${error}`, style: 'red' }; }
    const meaning = this.options.outcomes?.[outcome] ?? OUTCOMES[outcome];
    return { text: meaning ? `${outcome}: ${meaning}` : outcome, style: 'green' };
  }

  private get mask(): string { return (this.terminal.boxes ? '•' : '*').repeat(4); }

  private stagesAt({ stages }: Kill): void {
    const labels = Object.entries(stages).map(([label, id]) => `${label} on ${shortId(id)}`).sort().join(', ');
    this.terminal.paragraph(`The labels at that moment: ${labels}`, { style: 'dim' });
  }
}

export function shortId(id: string): string { return id.slice(0, 8); }

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function callsOf(calls: readonly Call[]): string {
  const reads = calls.filter(({ kind }) => kind === 'read').length;
  const writes = calls.filter(({ kind }) => kind === 'write').map(({ operation }) => operation);
  return writes.length === 0 ? plural(reads, 'read') : `${plural(reads, 'read')}, ${plural(writes.length, 'write')}: ${writes.join(', ')}`;
}
