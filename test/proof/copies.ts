import type { Subject } from './subjects';
import { STEPS, World } from './world';

/**
 * Many copies of every step at once, rotation after rotation. None may fail, and nobody may be locked out.
 *
 * @returns how many steps were run
 */
export async function runCopies(subject: Subject, copies: number, rounds: number): Promise<number> {
  await subject.server?.reset();
  const world = new World(subject);
  for (let round = 0; round < rounds; round++) {
    world.start();
    const runs = Array.from({ length: copies }, (_, n) => world.copy(`copy ${n}`, () => 'pass'));
    for (const step of STEPS) {
      const endings = await Promise.all(runs.map((run) => run(step)));
      const failed = endings.filter((ending) => ending !== 'succeeded').length;
      if (failed > 0) { world.violate('recovers', `${failed} of ${copies} copies of ${step} failed`); }
      world.rethrow();
    }
    if (subject.server && !await subject.server.accepts(world.valueOf('AWSCURRENT'))) { world.violate('accepted', 'that of AWSCURRENT is not'); }
    world.checkStrays();
    world.rethrow();
    world.simulator.completeRotation(world.arn);
  }
  return copies * rounds * STEPS.length;
}
