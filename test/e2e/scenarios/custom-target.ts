import { KeyApi } from '../../../examples/custom-target/key-api';
import { withApp, type Surroundings } from '../app-under-test';
import { checkGrants } from '../grants';
import { KeyWatch } from '../key-watch';
import { foreignSecret } from '../secret';

/** The key of an HTTP API that takes more than one at a time, by a module or by a function of the app. */
export async function customTarget(surroundings: Surroundings): Promise<void> {
  const { aws, checks } = surroundings;
  const api = new KeyApi();
  const keyApiUrl = await api.start();
  try {
    await withApp(surroundings, { keyApiUrl }, async ({ deployment, secret, rotations }) => {
      const keys = new KeyWatch(checks, keyApiUrl, secret);
      const first = JSON.parse((await secret.current()).value!);
      api.addClient(first.client, first[secret.passwordKey]);
      await rotations.testAlone();
      await keys.check('at deployment', [1]);

      // The numbers are those of the keys, in the order in which the secret has had them.
      await rotations.rotate('first rotation', 2, keys.expect({ createSecret: [1], setSecret: [1, 2], testSecret: [1, 2], finishSecret: [1, 2] }));
      await rotations.rotate('second rotation', 2, keys.expect({ createSecret: [1, 2], setSecret: [1, 2, 3], testSecret: [1, 2, 3], finishSecret: [2, 3] }));
      await rotations.giveUp('a rotation that is given up', ['createSecret', 'setSecret'], keys.expect({ createSecret: [2, 3], setSecret: [2, 3, 4] }));
      await rotations.rotate('the rotation after it', 1, keys.expect({ createSecret: [2, 3, 4], setSecret: [2, 3, 4, 5], testSecret: [2, 3, 4, 5], finishSecret: [3, 5] }));

      const foreign = await foreignSecret(aws.secretsManager);
      await rotations.refuseForeignSecret(foreign);
      for (const name of deployment.otherFunctionNames) {
        await rotations.giveUp('the grants of the other function', ['createSecret'], () => checkGrants(checks, aws, name, secret, foreign));
      }
    });
  } finally {
    await api.stop();
  }
}
