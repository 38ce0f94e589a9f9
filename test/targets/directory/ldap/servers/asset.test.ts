/*
 * The file that Lambda runs, in a process of its own, beside a real server.
 */
import { letsInLdap, makeLdapUser, SERVICES, startLdap } from '../../../../../servers/ldap/ldap';
import { rotateWithAsset } from '../../asset';

test.each([true, undefined])('the asset rotates a user three times, with two passwords: %s', async (dualPasswords) => {
  const server = await startLdap();
  try {
    const user = { username: `uid=user_of_asset,${SERVICES}`, password: 'first-password-of-all' };
    await makeLdapUser(server, user.username, user.password);
    await rotateWithAsset({
      asset: 'ldap',
      server,
      user,
      config: { target: 'ldap', superuserSecretArn: dualPasswords && 'superuser', dualPasswords, certificateAuthority: server.ca, passwordPolicy: {} },
      letsIn: (login) => letsInLdap(server, login),
      isPreviousAccepted: dualPasswords === true,
    });
  } finally {
    await server.stop();
  }
});
