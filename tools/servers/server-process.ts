import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import type { Socket } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const NOBODY = '65534';
const START_TIMEOUT = 60_000;
/** For a signal to take effect, in milliseconds. */
const SIGNAL_TIMEOUT = 10_000;

/**
 * The prefix of a command line that must not run as root. The user nobody may still enter folders that only root may enter, such as a checkout
 * or a temporary folder, as a normal user could.
 */
const UNPRIVILEGED = [
  'setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs',
  '--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override', '--bounding-set=-all,+dac_override',
];

/** A command that doesn't run as root. */
export function unprivileged(command: string[]): string[] {
  return process.getuid?.() === 0 ? [...UNPRIVILEGED, ...command] : command;
}

export function giveToServer(file: string): void {
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, file]);
}

/** A folder for one server: `data` for the server, and other files beside it. */
export function makeFolder(): string {
  return fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'database-'));
}

/** A running server in `folder/data`, and the guard that ends it. */
export class ServerProcess {
  private readonly guard: ChildProcess;
  private readonly guardGone: Promise<void>;
  private readonly log: string;
  private child?: ChildProcess;

  /** @param endSignal ends the server fast, and leaves nothing in the system */
  constructor(private readonly folder: string, endSignal: 'QUIT' | 'KILL') {
    this.log = path.join(folder, 'server.log');
    this.guard = spawn('bash', [path.join(__dirname, 'guard.sh'), folder, endSignal], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.guardGone = new Promise((resolve, reject) => {
      this.guard.once('exit', () => resolve());
      this.guard.once('error', reject);
    });
    this.guardGone.catch(() => undefined);
    // Neither keeps this process alive. The guard waits for the end of this process.
    this.guard.unref();
    (this.guard.stdin as Socket).unref();
  }

  /** Starts the server and waits until its log says that it is ready. Returns false if its port was taken meanwhile. */
  async start(command: string[], ready: RegExp, portTaken: RegExp): Promise<boolean> {
    const [program, ...args] = unprivileged(command);
    const output = fs.openSync(this.log, 'w');
    const child = spawn(program!, args, { cwd: path.join(this.folder, 'data'), stdio: ['ignore', output, output], detached: true });
    fs.closeSync(output);
    child.unref();
    this.child = child;
    let failure: Error | undefined;
    child.once('error', (error) => { failure = error; });

    const deadline = Date.now() + START_TIMEOUT;
    while (Date.now() < deadline) {
      const text = this.output();
      if (ready.test(text)) return true;
      if (failure) throw failure;
      if (child.exitCode !== null || child.signalCode !== null) {
        if (portTaken.test(this.output())) return false;
        throw new Error(`The server ended while it started:\n${this.output()}`);
      }
      await sleep(10);
    }
    throw new Error(`The server took too long to start:\n${this.output()}`);
  }

  /** The server's standard output and error. */
  output(): string {
    return fs.readFileSync(this.log, 'utf8');
  }

  pause(): void {
    // Repeated while it forks.
    for (let before = -1, now = this.signal('SIGSTOP'); now !== before;) [before, now] = [now, this.signal('SIGSTOP')];
    // A thread may still answer after the signal was sent. It usually takes less than a millisecond.
    const deadline = Date.now() + SIGNAL_TIMEOUT;
    while (!processesIn(path.join(this.folder, 'data')).every(isStopped)) {
      if (Date.now() > deadline) { throw new Error('The server did not stop when it was paused'); }
    }
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  /** Ends the server at once, and keeps its files. */
  async kill(): Promise<void> {
    const deadline = Date.now() + SIGNAL_TIMEOUT;
    while (this.signal('SIGKILL') > 0) {
      if (Date.now() > deadline) { throw new Error('The server did not end when it was killed'); }
      await sleep(2);
    }
  }

  async stop(): Promise<void> {
    const { child, guard } = this;
    child?.ref();
    guard.ref();
    const childGone = !child || child.exitCode !== null || child.signalCode !== null
      || new Promise((resolve) => child.once('exit', resolve));
    guard.stdin?.end();
    await this.guardGone;
    await childGone;
  }

  private signal(signal: NodeJS.Signals): number {
    const pids = processesIn(path.join(this.folder, 'data'));
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return pids.length;
  }
}

/** All processes with a working directory in a folder. The server's parent comes before its children. */
export function processesIn(folder: string): number[] {
  return fs.readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return fs.readlinkSync(`/proc/${name}/cwd`) === folder;
      } catch {
        return false;
      }
    })
    .map(Number)
    .sort((a, b) => a - b);
}

/** Whether no thread of a process runs. */
function isStopped(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  try {
    return fs.readdirSync(threads).every((thread) => /^\d+ \(.*\) [TtZX] /s.test(fs.readFileSync(path.join(threads, thread, 'stat'), 'utf8')));
  } catch {
    // A thread ended meanwhile, or the process did.
    return !fs.existsSync(threads);
  }
}
