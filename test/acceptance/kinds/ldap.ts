import type { Client, Entry } from 'ldapts';
import { ldapClient, remakeLdapUser } from '../../../servers/ldap/ldap';
import { ldapSubject, type LdapKind, type LdapPlace } from '../../proof/ldap';
import { NAME, type Address, type Ground, type Kind, type Owner, type Run, type Strategy } from '../kind';
import { passwordsOf } from '../passwords';
import { UsageError } from '../usage-error';

const STRATEGIES: readonly { readonly kind: LdapKind; readonly name: string }[] = [
  { kind: 'itself', name: 'a single user' },
  { kind: 'superuser', name: 'a single user, changed by a superuser' },
  { kind: 'dualPasswords', name: 'two passwords' },
];

const dnOf = (name: string, base: string) => `uid=${name},${base}`;

/** An LDAP directory. All entries of the suite are in one folder, which the URL names. The user of the URL is the superuser of the strategies. */
export const LDAP: Kind = {
  schemes: ['ldaps'],
  port: 636,
  database: '',
  example: 'cn=admin,dc=example,dc=com@ldap.example.com/ou=services,dc=example,dc=com',
  connect: async (address) => {
    if (address.database === '') { throw new UsageError('The URL has no entry for users. Name it after the host, as in ldaps://cn=admin,dc=example,dc=com@ldap.example.com/ou=services,dc=example,dc=com'); }
    return ownerOf(address, await logIn(address));
  },
  open,
};

async function logIn({ admin, ...server }: Address): Promise<Client> {
  const client = ldapClient(server);
  try {
    await client.bind(admin.username, admin.password);
    return client;
  } catch (error) {
    await client.unbind().catch(() => {});
    throw error;
  }
}

const texts = (entry: Entry | undefined, attribute: string) => [entry?.[attribute] ?? []].flat().map(String);

function ownerOf({ database: base }: Address, client: Client): Owner {
  const names = async () => {
    const { searchEntries } = await client.search(base, { scope: 'one', filter: `(uid=${NAME}*)`, attributes: ['uid'] });
    return searchEntries.flatMap((entry) => texts(entry, 'uid'));
  };
  return {
    product: async () => {
      const { searchEntries: [root] } = await client.search('', { scope: 'base', attributes: ['vendorName', 'vendorVersion', 'structuralObjectClass', 'forestFunctionality'] });
      if (texts(root, 'forestFunctionality').length > 0) { throw new UsageError('The server is a domain controller of Active Directory, whose users the target ldap can\'t rotate. This suite doesn\'t try the target active-directory'); }
      const vendor = [...texts(root, 'vendorName'), ...texts(root, 'vendorVersion')].join(' ');
      return vendor !== '' ? vendor : texts(root, 'structuralObjectClass').includes('OpenLDAProotDSE') ? 'OpenLDAP, which doesn\'t show its version' : 'an LDAP directory, which doesn\'t show its version';
    },
    databases: async () => [base],
    otherSessions: async () => undefined,
    lock: {
      // An entry without a password can't log in.
      mark: (name) => client.add(dnOf(name, base), { objectClass: ['account'] }),
      unmark: (name) => client.del(dnOf(name, base)).catch(() => {}),
    },
    names,
    // The entries need nothing.
    make: async () => {},
    remove: async (prefix) => {
      const own = (await names()).filter((name) => name.startsWith(prefix));
      for (const name of own) { await client.del(dnOf(name, base)); }
      return own;
    },
    close: () => client.unbind(),
  };
}

async function open({ address, prefix, seed }: Run): Promise<Ground> {
  const client = await logIn(address);
  const { host, port, ca, database: base, admin } = address;
  const password = passwordsOf(seed);
  const user = { username: dnOf(`${prefix}app`, base), password: password('app') };
  const place: LdapPlace = {
    host, port, ca, user, superuser: admin, previousPassword: password('before the first'), remake: (...passwords) => remakeLdapUser(client, user.username, ...passwords),
  };
  const strategies = STRATEGIES.map(({ kind, name }): Strategy => ({
    name,
    user,
    isDual: kind === 'dualPasswords',
    hasSuperuser: kind !== 'itself',
    // It writes all values of the password that stay.
    isRepeatedWithoutWrites: kind !== 'dualPasswords',
    nobody: dnOf('somebody_else', base),
    subject: () => ldapSubject(kind, place),
    setPassword: ({ password: given }) => place.remake(given),
  }));
  return { strategies, close: () => client.unbind() };
}
