import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bundlePeer } from './peers/bundles';
import { spreadOf, type Spread } from './statistics';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../src/contract';
import { FunctionProcess } from '../tools/function-process';

/** The simulated duration of a call to Secrets Manager, in milliseconds: about that from a function in the same region. */
export const LATENCY_MS = 10;

/** `getconf CLK_TCK`, which is the same on every Linux architecture. */
const CLOCK_TICKS_PER_SECOND = 100;

export interface RotationCost {
  readonly name: string;
  readonly wallMs: Spread;
  /** The processor time of the function's process, for each rotation, in milliseconds. */
  readonly cpuMs: number;
  readonly reads: number;
  readonly writes: number;
}

const CONFIG = serializeConfig({ target: 'generated', generateStringKey: 'password', passwordPolicy: {} });

/** The four steps in one warm process, with our code and handwritten code. */
export async function measureRotations(node: string, runs: number): Promise<RotationCost[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    return [
      await measure('ours', join(__dirname, '..', 'assets', 'generated'), { [CONFIG_VARIABLE]: CONFIG }, node, runs),
      await measure('by hand', bundlePeer('generated', false, folder).directory, {}, node, runs),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface StepCalls {
  readonly step: string;
  readonly reads: number;
  readonly writes: number;
}

/** The calls of our handler in each step of a rotation of a generated value. They depend on no machine. */
export async function countCalls(): Promise<StepCalls[]> {
  const { simulator, arn, service, warm } = await startWarm(join(__dirname, '..', 'assets', 'generated'), { [CONFIG_VARIABLE]: CONFIG }, 0);
  const calls: StepCalls[] = [];
  try {
    await rotate(simulator, arn, {
      attempts: 1,
      invoke: async (event) => {
        simulator.resetCalls();
        await warm.invoke(event);
        const writes = simulator.calls.filter(({ kind }) => kind === 'write').length;
        calls.push({ step: event.Step, reads: simulator.calls.length - writes, writes });
      },
    });
  } finally {
    await warm.kill();
    await service.stop();
  }
  return calls;
}

async function startWarm(directory: string, environment: Record<string, string>, latency: number, node?: string) {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('bench', JSON.stringify({ username: 'app', password: 'first-password-of-all' }));
  const service = await SecretsManagerServer.start(simulator, { latency });
  const warm = await FunctionProcess.start({
    environment: {
      ...environment,
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: directory,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
    },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: () => {},
    node,
  });
  return { simulator, arn, service, warm };
}

async function measure(name: string, directory: string, environment: Record<string, string>, node: string, runs: number): Promise<RotationCost> {
  const { simulator, arn, service, warm } = await startWarm(directory, environment, LATENCY_MS, node);
  const once = async () => {
    const result = await rotate(simulator, arn, { invoke: (event) => warm.invoke(event), attempts: 1 });
    if (result.outcome !== 'succeeded') { throw new Error(`${name}: the rotation did not succeed`); }
  };
  try {
    await once();
    const times: number[] = [];
    const cpuBefore = cpuOf(warm.pid);
    for (let run = 0; run < runs; run++) {
      simulator.resetCalls();
      const start = performance.now();
      await once();
      times.push(performance.now() - start);
    }
    const writes = simulator.calls.filter(({ kind }) => kind === 'write').length;
    return { name, wallMs: spreadOf(times), cpuMs: (cpuOf(warm.pid) - cpuBefore) / runs, reads: simulator.calls.length - writes, writes };
  } finally {
    await warm.kill();
    await service.stop();
  }
}

/** The processor time of a process so far, in milliseconds: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. Known only on Linux. */
function cpuOf(pid: number): number {
  if (process.platform !== 'linux') { return NaN; }
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 1000 / CLOCK_TICKS_PER_SECOND;
}

export interface FleetCost {
  readonly rotations: number;
  readonly atOnce: number;
  readonly perSecond: number;
  /** The memory in use after a tenth of the rotations, and after all, in bytes. */
  readonly early: number;
  readonly late: number;
}

/**
 * Rotates many secrets with one warm handler: the steps of a secret in order, many secrets at a time. Lambda would use more environments. Here
 * they share one, to show its memory.
 */
export async function measureFleet(rotations: number, atOnce: number): Promise<FleetCost> {
  const simulator = new SecretsManagerSimulator();
  const service = await SecretsManagerServer.start(simulator, { latency: LATENCY_MS });
  const saved = { ...process.env };
  Object.assign(process.env, {
    [CONFIG_VARIABLE]: CONFIG, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example', AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
  });
  const write = process.stdout.write.bind(process.stdout);
  // The handler's log would be most of the measured memory.
  process.stdout.write = () => true;
  try {
    const { handler } = await import(join(__dirname, '..', 'assets', 'generated', 'index.js')) as { handler: (event: unknown, context: object) => Promise<void> };
    const context = { awsRequestId: '1', getRemainingTimeInMillis: () => 30_000 };
    const start = performance.now();
    let [done, early] = [0, 0];
    let started = 0;
    const worker = async (_: unknown, index: number) => {
      const arn = simulator.createSecret(`secret-${index}`, JSON.stringify({ username: 'app', password: 'first-password-of-all' }));
      while (started < rotations) {
        started++;
        simulator.resetCalls();
        const result = await rotate(simulator, arn, { invoke: (event) => handler(event, context), attempts: 1 });
        if (result.outcome !== 'succeeded') { throw new Error('A rotation of the fleet did not succeed'); }
        if (++done === Math.ceil(rotations / 10)) { early = await settledMemory(); }
      }
    };
    await Promise.all(Array.from({ length: atOnce }).map(worker));
    const seconds = (performance.now() - start) / 1000;
    return { rotations, atOnce, perSecond: rotations / seconds, early, late: await settledMemory() };
  } finally {
    process.stdout.write = write;
    process.env = saved;
    await service.stop();
  }
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The heap after a garbage collection. */
async function settledMemory(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  return process.memoryUsage().heapUsed;
}
