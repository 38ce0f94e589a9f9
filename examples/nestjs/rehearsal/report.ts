import { dollars, readsPerMonth } from './cost.js';
import { printTable, type Terminal } from './repository.js';
import type { Lane, Outcome, Progress } from './run.js';
import { PROMISED_REQUESTS_PER_SECOND } from './scale.js';

const count = (n: number) => Math.round(n).toLocaleString('en-US');
const failed = ({ load }: Lane) => ({ text: count(load.failed), style: load.failed > 0 ? 'red' as const : 'green' as const });
const PLAIN_EVERY = 10;

/** The table while a run is under way: over and over in the same place of a terminal, and now and then elsewhere. */
export class LiveTable {
  private lines = 0;

  constructor(private readonly terminal: Terminal, private readonly stream: NodeJS.WriteStream) {}

  show({ strategy, rotations, of, lanes }: Progress): void {
    if (!this.terminal.boxes && rotations % PLAIN_EVERY !== 0) { return; }
    if (this.terminal.boxes && rotations > 1) { this.stream.write(`\x1b[${this.lines}A\x1b[J`); }
    const before = this.terminal.printed.length;
    this.terminal.line(this.terminal.style('bold', `${strategy}: ${rotations} of ${of} rotations`));
    printTable(this.terminal, {
      columns: ['Design', 'Requests', 'A second', 'Failed', 'Slowest, ms', 'Reads of the secret'],
      rows: lanes.map((lane) => {
        const { design, load, reads } = lane;
        return [design, count(load.answered), load.perSecond.toFixed(0), failed(lane), count(load.slowestMs), count(reads.total)];
      }),
    });
    this.terminal.line();
    this.lines = this.terminal.printed.length - before;
  }
}

export function printOutcomes(terminal: Terminal, outcomes: readonly Outcome[]): void {
  printTable(terminal, {
    columns: ['Strategy', 'Design', 'Rotations', 'Requests', 'Failed', 'Slowest, ms', 'Reads: aged + early', 'Reads a month', '$ a month'],
    rows: outcomes.flatMap(({ strategy, rotations, seconds, lanes }) => lanes.map((lane) => {
      const { design, load, reads } = lane;
      const measured = { design, seconds, rotations, requests: load.answered, agedReads: reads.aged, earlyReads: reads.early };
      const month = readsPerMonth(measured);
      return [
        strategy, design, String(rotations), count(load.answered), failed(lane), count(load.slowestMs),
        `${count(reads.aged)} + ${count(reads.early)}`, count(month), dollars(month).toFixed(2),
      ];
    })),
  });
}

/** What has to hold, and doesn't. */
export function problemsOf({ strategy, lanes, problems }: Outcome): string[] {
  const found = [...problems];
  for (const { design, load } of lanes) {
    const failures = [...load.failures].map(([failure, times]) => `${failure} ${times} times`).join(', ');
    if (design === 'this service' && load.failed > 0) { found.push(`${load.failed} requests failed: ${failures}`); }
    // With two logins that work, no design may answer with an error.
    const hasErrors = [...load.failures.keys()].some((failure) => /^[A-Z]+ \d{3}$/.test(failure));
    if (design !== 'this service' && strategy !== 'single user' && hasErrors) { found.push(`${design} answered with errors: ${failures}`); }
    if (load.perSecond < PROMISED_REQUESTS_PER_SECOND) {
      found.push(`${design} had ${load.perSecond.toFixed(1)} requests a second, and ${PROMISED_REQUESTS_PER_SECOND} are promised`);
    }
    // If no service had failed requests, the rotations would prove nothing about this one.
    if (design === 'cache alone' && strategy === 'single user' && load.failed === 0) {
      found.push('the cache alone had no failure: the rotations aren\'t felt');
    }
  }
  return found.map((problem) => `${strategy}: ${problem}`);
}
