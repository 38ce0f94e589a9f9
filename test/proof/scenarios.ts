import { exhaust, SWITCHES } from './exhaustion';
import type { Subject } from './subjects';
import { World } from './world';
import {
  accessDenied, connectionReset, decryptionFailure, internalError, kmsDenied, throttled, type Switches,
} from '../../simulator';

/**
 * One kind of trouble, at every place where it can happen.
 *
 * @returns the number of histories
 * @throws Violation with the trace of the first one that breaks an invariant
 */
export type Scenario = (subject: Subject) => Promise<number>;

const FAULTS = [throttled, accessDenied, kmsDenied, decryptionFailure, internalError, connectionReset];

/** Both ways in which a manual put can leave AWSPENDING, and both dates of a pending version. */
const MANUAL_PUT_SWITCHES: readonly Partial<Switches>[] = [true, false].flatMap((manualPutRemovesPending) =>
  (['rotate', 'put'] as const).map((pendingCreatedDate) => ({ manualPutRemovesPending, pendingCreatedDate })));

/** No trouble: the rotation, and the next one. */
const undisturbed: Scenario = async (subject) => {
  for (const switches of SWITCHES) {
    const world = await begin(subject, switches);
    world.start();
    await world.mustRecover();
  }
  return SWITCHES.length;
};

/** The function is killed, or a call fails or its reply is lost, at every boundary. */
const everyStop: Scenario = async (subject) => (await exhaust(subject, { pairs: false, stale: false, switches: [{}] })).boundaries;

/** Every read lags one or two writes behind. */
const everyStaleRead: Scenario = async (subject) => {
  let histories = 0;
  for (const lag of [1, 2]) {
    for (let at = 0, reads = Infinity; at < reads; at++, histories++) {
      const world = await begin(subject);
      world.start();
      reads = 0;
      world.simulator.lag = () => reads++ === at ? lag : 0;
      await world.mustRecover();
    }
  }
  return histories;
};

/** Every call fails with every error of the service and of the network. */
const everyFault: Scenario = async (subject) => {
  let histories = 0;
  for (const fault of FAULTS) {
    histories += await beforeEveryCall(subject, {}, (world) => {
      world.simulator.intercept = () => {
        world.simulator.intercept = undefined;
        throw fault();
      };
    }, (world) => world.mustRecover());
  }
  return histories;
};

/** A user puts a value by hand. */
const manualPut: Scenario = async (subject) => {
  let histories = 0;
  for (const switches of MANUAL_PUT_SWITCHES) {
    for (const n of [1, 2]) { histories += await beforeEveryCall(subject, switches, (world) => world.putByHand(n)); }
  }
  return histories;
};

/** A user cancels the rotation. */
const cancelled: Scenario = (subject) => beforeEveryCall(subject, {}, (world) => world.cancel());

/** A user gives AWSPENDING to another version. */
const pendingTaken: Scenario = (subject) => beforeEveryCall(subject, {}, (world) => world.takePending(1));

/** The pending version has a value already, which can't be used. */
const unusablePending: Scenario = (subject) => withPending(subject, [
  'neither-JSON-nor-anything-else',
  '{ "unusable": "and-secret-all-the-same" }',
  subject.value.replace(JSON.stringify(subject.secretOf(subject.value)), 'null'),
  subject.value.replace(JSON.stringify(subject.secretOf(subject.value)), '""'),
]);

/** The pending version has a value already, with another host than the current one. */
const foreignHost: Scenario = (subject) => withPending(subject, [
  subject.value.replace(/"host": *"[^"]*"/, '"host": "elsewhere.example"'),
  subject.value.replace(/^\{/, '{ "host": "elsewhere.example",'),
  'elsewhere.example',
]);

/** One process of the function does rotation after rotation, and the owner changes the value in between. */
const warmProcess: Scenario = async (subject) => {
  const world = await begin(subject);
  const process = world.copy('warm', () => 'pass');
  for (const n of [2, 3, 4]) {
    world.start();
    await world.mustComplete(process);
    world.putByHand(n);
  }
  return 1;
};

/** RotateImmediately is false: testSecret runs alone, and the first rotation comes later. */
const testAlone: Scenario = async (subject) => {
  for (const switches of SWITCHES) {
    const world = await begin(subject, switches);
    await world.mustTestAlone();
    world.start();
    await world.mustRecover();
  }
  return SWITCHES.length;
};

export const SCENARIOS = {
  undisturbed,
  everyStop,
  everyFault,
  everyStaleRead,
  manualPut,
  cancelled,
  pendingTaken,
  unusablePending,
  foreignHost,
  warmProcess,
  testAlone,
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

/** A world in which nothing has happened yet. */
async function begin(subject: Subject, switches?: Partial<Switches>): Promise<World> {
  await subject.server?.reset();
  return new World(subject, switches);
}

/** A rotation for each call of a rotation, with an event before that call. Then the service retries. */
async function beforeEveryCall(
  subject: Subject, switches: Partial<Switches>, happen: (world: World) => void,
  afterwards: (world: World) => Promise<unknown> = (world) => world.sequence('retry', () => 'pass'),
): Promise<number> {
  for (let at = 0; ; at++) {
    const world = await begin(subject, switches);
    world.start();
    let calls = 0;
    await world.sequence('run', () => {
      if (calls++ === at) { happen(world); }
      return 'pass';
    });
    if (calls <= at) { return at; }
    await afterwards(world);
  }
}

/** A rotation that finds each of the values in the pending version. Then the service retries. */
async function withPending(subject: Subject, values: readonly string[]): Promise<number> {
  const others = [...new Set(values)].filter((value) => value !== subject.value);
  for (const value of others) {
    const world = await begin(subject);
    world.start();
    world.putPending(value);
    await world.sequence('run', () => 'pass');
    await world.sequence('retry', () => 'pass');
  }
  return others.length;
}
