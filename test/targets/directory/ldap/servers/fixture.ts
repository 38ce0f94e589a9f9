import { connectLdap, type ConnectLdap } from '../../../../../lambda-src/targets/directory/ldap/connection';
import { LdapTarget } from '../../../../../lambda-src/targets/directory/ldap/target';
import { letsInLdap, makeLdapUser, SERVICES, storedPasswords, type LdapServer } from '../../../../../servers/ldap/ldap';
import { parseLdapConfig, type LdapTargetConfig } from '../../../../../src/targets/directory/ldap/contract';
import { passwordOf } from '../../../../harness';
import { DirectoryHarness } from '../../harness';

export type Kind = 'itself' | 'superuser' | 'dualPasswords';

export const KINDS: readonly Kind[] = ['itself', 'superuser', 'dualPasswords'];

/** The user of a secret. */
export interface User {
  readonly username: string;
  readonly password: string;
}

export interface LdapHarnessOptions {
  readonly kind?: Kind;
  readonly user?: User;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly superuserChanges?: Record<string, unknown>;
  readonly config?: Partial<LdapTargetConfig>;
  readonly connect?: (connect: ConnectLdap) => ConnectLdap;
}

let users = 0;

/** A secret of a user of a real server, with the handler that rotates it. */
export class LdapHarness extends DirectoryHarness {
  public static async make(server: LdapServer, options: LdapHarnessOptions = {}): Promise<LdapHarness> {
    const user = options.user ?? { username: `uid=user_${++users},${SERVICES}`, password: `first-password-${users}` };
    if (!options.user) { await makeLdapUser(server, user.username, user.password); }
    return new LdapHarness(server, user, options);
  }

  private constructor(public readonly server: LdapServer, public readonly user: User, options: LdapHarnessOptions) {
    const { host, port, ca, superuser } = server;
    const watched: ConnectLdap = async (...login) => {
      const connection = await connectLdap(...login);
      return {
        bind: (dn, password) => this.watch('bind', connection.bind(dn, password), dn),
        whoAmI: () => connection.whoAmI(),
        modifyPassword: (request) => this.watch('modifyPassword', connection.modifyPassword(request), request),
        modifyValues: (dn, operation, values) => this.watch(operation, connection.modifyValues(dn, operation, values), values),
        close: () => connection.close(),
      };
    };
    const kind = options.kind ?? 'itself';
    super({
      value: JSON.stringify({ host, port, ...user, ...options.changes }),
      config: {
        target: 'ldap',
        superuserSecretArn: kind === 'itself' ? undefined : 'superuser',
        dualPasswords: kind === 'dualPasswords' ? true : undefined,
        certificateAuthority: ca,
        passwordPolicy: {},
        ...options.config,
      },
      makeTarget: (config) => new LdapTarget(parseLdapConfig(config), options.connect ? options.connect(watched) : watched),
    });
    this.simulator.createSecret('superuser', JSON.stringify({ host, port, ...superuser, ...options.superuserChanges }));
  }

  public login(versionIdOrStage: string): User {
    return JSON.parse(this.value(versionIdOrStage)) as User;
  }

  public isAccepted(versionIdOrStage: string): Promise<boolean> {
    return letsInLdap(this.server, this.login(versionIdOrStage));
  }

  public stored(): Promise<string[]> {
    return storedPasswords(this.server, this.user.username);
  }

  public get wrongBinds(): number {
    return this.sent.filter(({ operation, succeeded }) => operation === 'bind' && !succeeded).length;
  }

  public get passwords(): string[] {
    return [...this.allValues.map(passwordOf), this.user.password, this.server.superuser.password];
  }

  public get names(): string[] {
    return [this.user.username];
  }
}
