import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Database } from './beside-aws/database';
import { ours, REGION, type Implementation, type Variant } from './beside-aws/implementations';
import { inWorld } from './beside-aws/world';
import { copyAsset } from '../tools/shipped-asset';

const MEBIBYTE = 1024 * 1024;
/** Of version 1 of Linux's control groups, and of version 2. */
const MEMORY_GROUPS = [['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'], ['/sys/fs/cgroup', 'memory.max']] as const;

export interface Memory {
  readonly variant: Variant;
  readonly rotations: number;
  /** What is resident after a tenth of the rotations, after all of them, and at most, in bytes. */
  readonly early: number;
  readonly late: number;
  readonly peak: number;
  /** Whether the kernel would have ended the process for more than its memory. */
  readonly isHeld: boolean;
}

/**
 * Many warm rotations in one process that has the memory of a function, the flags that Lambda gives Node.js, and the certificate authorities of
 * the asset.
 *
 * @param memorySize in MiB
 */
export async function measureMemory(node: string, variant: Variant, rotations: number, memorySize: number): Promise<Memory> {
  const database = await Database.start(variant.engine);
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const group = makeGroup(memorySize);
  try {
    const implementation = held(node, memorySize, folder, group);
    return await inWorld({ implementation, variant, database }, async (world) => {
      await world.startOver();
      let early = 0;
      for (let rotation = 1; rotation <= rotations; rotation++) {
        if (!await world.rotate()) { throw new Error(`Rotation ${rotation} of ${rotations} did not succeed in ${memorySize} MiB\n${world.process!.output.slice(-1_000)}`); }
        if (rotation === Math.ceil(rotations / 10)) { early = world.process!.memory().resident; }
      }
      const { resident, peak } = world.process!.memory();
      return { variant, rotations, early, late: resident, peak, isHeld: group !== undefined };
    });
  } finally {
    if (group) { rmdirSync(group); }
    rmSync(folder, { recursive: true });
    await database.stop();
  }
}

/** The asset in a process with less memory than this machine has. */
function held(node: string, memorySize: number, folder: string, group: string | undefined): Implementation {
  const { name, runtimeOf } = ours(node);
  return {
    name,
    runtimeOf: (variant, { ca, ...surroundings }) => {
      const { command, args, env } = runtimeOf(variant, surroundings);
      const asset = copyAsset(basename(env.LAMBDA_TASK_ROOT), folder);
      trust(ca!, asset);
      const started = [command, ...flagsOfLambda(memorySize), ...args];
      return {
        ...group ? { command: 'sh', args: ['-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', group, ...started] } : { command, args: started.slice(1) },
        env: { ...env, LAMBDA_TASK_ROOT: asset },
      };
    },
  };
}

/** Of Lambda's own start of Node.js, by public listings of it: a semi-space of 5 % of the function's memory, and an old space of 90 %. */
function flagsOfLambda(memorySize: number): string[] {
  return [`--max-semi-space-size=${Math.floor(memorySize * 0.05)}`, `--max-old-space-size=${Math.floor(memorySize * 0.9)}`];
}

/** Puts a certificate authority beside those of Amazon RDS. */
function trust(ca: string, asset: string): void {
  const file = join(asset, 'rds-certificates.json.gz');
  const byRegion = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Record<string, string[]>;
  byRegion[REGION].push(ca.replace(/-----[A-Z ]+-----|\s/g, ''));
  writeFileSync(file, gzipSync(JSON.stringify(byRegion)));
}

/** A group of processes with a limit. Undefined where this user may not make one. */
function makeGroup(memorySize: number): string | undefined {
  for (const [root, limit] of MEMORY_GROUPS) {
    const group = join(root, `cdk-rotating-secret-${process.pid}`);
    try {
      if (!existsSync(root)) { continue; }
      mkdirSync(group);
      writeFileSync(join(group, limit), String(memorySize * MEBIBYTE));
      return group;
    } catch {
      if (existsSync(group)) { rmdirSync(group); }
    }
  }
  return undefined;
}
