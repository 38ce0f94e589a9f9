import { ENDINGS, FaultPoints, type Fault } from './fault-points';
import { FunctionFailure } from './lambda-process';
import { inWorld, type World, type WorldOptions } from './world';
import { rotate } from '../../simulator';

/** What a stopped rotation may break, as its users see it. */
export const RULES = {
  accepted: 'AWSCURRENT logs in: with alternating users after every step, with a single user in the end',
  rights: 'both users have the same rights',
  completes: 'the four steps again, with the same token, complete the rotation',
} as const;
export type Rule = keyof typeof RULES;

export interface Violation {
  readonly fault: Fault;
  readonly rule: Rule;
  /** The steps that failed, each with the type of its error. */
  readonly failures: readonly string[];
}

export interface Exploration {
  /** How many points the undisturbed rotation had. */
  readonly points: number;
  readonly faults: number;
  /** At most one for a fault. */
  readonly violations: readonly Violation[];
}

/** Stops rotations at points, each in a world that starts over. Every point, or each `stride`-th. */
export async function explore(
  options: WorldOptions, stride: number, isEnough: (violations: readonly Violation[]) => boolean = () => false,
): Promise<Exploration> {
  return inWorld(options, async (world) => {
    // The first rotation starts the process, which may make calls that later ones don't.
    await undisturbed(world, options);
    const points = await undisturbed(world, options);
    const violations: Violation[] = [];
    let faults = 0;
    for (let point = 0; point < points && !isEnough(violations); point += stride) {
      for (const ending of ENDINGS) {
        const { hasStruck, rule, failures } = await stopAt(world, options, { point, ending });
        if (hasStruck) { faults++; }
        if (rule) { violations.push({ fault: { point, ending }, rule, failures }); }
      }
    }
    return { points, faults, violations };
  });
}

async function undisturbed(world: World, options: WorldOptions): Promise<number> {
  const { reached, rule } = await stopAt(world, options);
  if (rule) { throw new Error(`${options.implementation.name}: a rotation that nothing disturbs breaks a rule: ${RULES[rule]}\n${world.process?.output}`); }
  return reached;
}

interface Outcome {
  readonly reached: number;
  readonly hasStruck: boolean;
  /** The first rule that was broken. */
  readonly rule: Rule | undefined;
  readonly failures: readonly string[];
}

async function stopAt(world: World, { variant: { alternating }, database }: WorldOptions, fault?: Fault): Promise<Outcome> {
  await world.startOver();
  const points = new FaultPoints(() => world.process?.signalKill(), fault);
  world.whenReached(() => points.reach());
  let isLockedOut = false;
  const check = async () => { isLockedOut ||= !await database.accepts(world.loginOf('AWSCURRENT')); };
  const { outcome, failures } = await rotate(world.simulator, world.secret, {
    attempts: fault ? 2 : 1,
    invoke: async (event) => {
      try {
        await world.invoke(event);
      } finally {
        if (alternating && points.hasStruck) { await check(); }
      }
    },
  });
  await check();
  const broken: Record<Rule, boolean> = {
    accepted: isLockedOut,
    completes: outcome !== 'succeeded',
    rights: !isLockedOut && outcome === 'succeeded' && alternating
      && await database.rightsOf(world.loginOf('AWSCURRENT').username) !== await database.rightsOf(world.loginOf('AWSPREVIOUS').username),
  };
  return {
    reached: points.reached,
    hasStruck: points.hasStruck,
    rule: (Object.keys(broken) as Rule[]).find((rule) => broken[rule]),
    failures: failures.map(({ step, error }) => `${step}: ${error instanceof FunctionFailure ? error.errorType : String(error)}`),
  };
}
