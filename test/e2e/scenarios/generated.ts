import { withApp, type Surroundings } from '../app-under-test';
import { foreignSecret } from '../secret';

/** A value that exists only in the secret. */
export async function generated(surroundings: Surroundings): Promise<void> {
  await withApp(surroundings, {}, async ({ rotations }) => {
    await rotations.testAlone();
    await rotations.editOtherKeys();
    await rotations.rotate('first rotation', 1);
    await rotations.rotate('second rotation', 2);
    await rotations.refuseUnknownVersion();
    await rotations.refuseForeignSecret(await foreignSecret(surroundings.aws.secretsManager));
  });
}
