/*
 * The file that Lambda runs, in a process of its own, beside a real domain controller.
 */
import { adUser, letsInAd, makeAdUser, startActiveDirectory } from '../../../../../servers/active-directory/active-directory';
import { rotateWithAsset } from '../../asset';

test.each([true, false])('the asset rotates a user three times, by a superuser: %s', async (bySuperuser) => {
  const server = await startActiveDirectory();
  try {
    const entry = adUser('user-of-asset');
    const user = { username: entry.upn, password: 'First-password-of-all-1' };
    await makeAdUser(server, entry, user.password);
    await rotateWithAsset({
      asset: 'active-directory',
      server,
      user,
      config: { target: 'active-directory', superuserSecretArn: bySuperuser ? 'superuser' : undefined, certificateAuthority: server.ca, passwordPolicy: {} },
      letsIn: (login) => letsInAd(server, login),
      isPreviousAccepted: true,
    });
  } finally {
    await server.stop();
  }
});
