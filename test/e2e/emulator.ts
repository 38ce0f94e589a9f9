import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const LAST_LINES = 40;

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
/** The emulator's name for the root of the account. Requests of that key are neither verified nor limited. */
export const ROOT_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
/** What the emulator runs with, and so every function in Python. */
export const PYTHON = join(__dirname, '.venv', 'bin', 'python');

/** The AWS emulator, on a free port of the loopback interface. All that it writes is in a directory of its own. */
export class Emulator {
  public static async start(directory: string): Promise<Emulator> {
    mkdirSync(join(directory, 'tmp'), { recursive: true });
    const port = await freePort();
    const logFile = join(directory, 'emulator.log');
    const issuedKeys = join(directory, 'issued-keys.jsonl');
    const log = openSync(logFile, 'a');
    const server = spawn(PYTHON, [join(__dirname, 'launcher.py')], {
      // Its standard input stays open as long as this process lives, and the launcher ends with it.
      stdio: ['pipe', log, log],
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        TMPDIR: join(directory, 'tmp'),
        GATEWAY_PORT: String(port),
        BIND_HOST: '127.0.0.1',
        MINISTACK_HOST: '127.0.0.1',
        MINISTACK_REGION: REGION,
        MINISTACK_ACCOUNT_ID: ACCOUNT,
        AUTH: 'true',
        ISSUED_KEYS: issuedKeys,
        CLOUDTRAIL_RECORDING: '1',
        CLOUDTRAIL_MAX_EVENTS: '100000',
        IOT_MTLS_ENABLED: '0',
        SFTP_ENABLED: '0',
      },
    });
    closeSync(log);
    const emulator = new Emulator(`http://127.0.0.1:${port}`, logFile, issuedKeys, server);
    await emulator.ready();
    return emulator;
  }

  private constructor(
    public readonly endpoint: string,
    private readonly logFile: string,
    private readonly issuedKeysFile: string,
    private readonly server: ChildProcess,
  ) {}

  /** The secret half of an access key that IAM made, which a service of AWS knows, and IAM shows once. */
  public secretHalfOf(accessKeyId: string): string | undefined {
    const lines = existsSync(this.issuedKeysFile) ? readFileSync(this.issuedKeysFile, 'utf8').trimEnd().split('\n') : [];
    return lines.map((line) => JSON.parse(line) as { id: string; secret: string }).find(({ id }) => id === accessKeyId)?.secret;
  }

  public async stop(): Promise<void> {
    if (this.ended) { return; }
    const exit = once(this.server, 'exit');
    this.server.kill('SIGTERM');
    const timer = setTimeout(() => this.server.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(timer);
  }

  public get lastLines(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }

  private get ended(): boolean {
    return this.server.exitCode !== null || this.server.signalCode !== null;
  }

  private async ready(): Promise<void> {
    let failure: Error | undefined;
    this.server.once('error', (error) => { failure = error; });
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (failure || this.ended) { throw new Error(`The emulator did not start. ${failure?.message ?? ''}\n${this.lastLines}`); }
      try {
        const answer = await fetch(`${this.endpoint}/_ministack/health`, { signal: AbortSignal.timeout(1_000) });
        if (answer.ok) { return; }
      } catch {
        // Not listening yet.
      }
      await sleep(100);
    }
    await this.stop();
    throw new Error(`The emulator did not answer within ${START_TIMEOUT_MS / 1000} s.\n${this.lastLines}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
