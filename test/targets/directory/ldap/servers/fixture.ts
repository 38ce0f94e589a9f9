import { connectLdap, type ConnectLdap } from '../../../../../lambda-src/targets/directory/ldap/connection';
import { LdapTarget } from '../../../../../lambda-src/targets/directory/ldap/target';
import { letsInLdap, makeLdapUser, SERVICES, storedPasswords, type LdapServer } from '../../../../../servers/ldap/ldap';
import { parseLdapConfig, type LdapTargetConfig } from '../../../../../src/targets/directory/ldap/contract';
import { Harness, passwordOf } from '../../../../harness';

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
export class LdapHarness extends Harness {
  public static async make(server: LdapServer, options: LdapHarnessOptions = {}): Promise<LdapHarness> {
    const user = options.user ?? { username: `uid=user_${++users},${SERVICES}`, password: `first-password-${users}` };
    if (!options.user) { await makeLdapUser(server, user.username, user.password); }
    return new LdapHarness(server, user, options);
  }

  /** The operations that were sent, with whether the server accepted them. */
  public readonly sent: { readonly operation: string; readonly args: unknown; succeeded?: boolean }[] = [];

  private constructor(public readonly server: LdapServer, public readonly user: User, options: LdapHarnessOptions) {
    const { host, port, ca, superuser } = server;
    const watched: ConnectLdap = async (...login) => {
      const connection = await connectLdap(...login);
      const watch = async <T>(operation: string, args: unknown, promise: Promise<T>): Promise<T> => {
        const record = { operation, args, succeeded: false };
        this.sent.push(record);
        const result = await promise;
        record.succeeded = true;
        return result;
      };
      return {
        bind: (dn, password) => watch('bind', dn, connection.bind(dn, password)),
        whoAmI: () => connection.whoAmI(),
        modifyPassword: (request) => watch('modifyPassword', request, connection.modifyPassword(request)),
        modifyValues: (dn, operation, values) => watch(operation, values, connection.modifyValues(dn, operation, values)),
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

  /** Whether the server lets in the user of a version. */
  public isAccepted(versionIdOrStage: string): Promise<boolean> {
    return letsInLdap(this.server, this.login(versionIdOrStage));
  }

  public stored(): Promise<string[]> {
    return storedPasswords(this.server, this.user.username);
  }

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }

  public get wrongBinds(): number {
    return this.sent.filter(({ operation, succeeded }) => operation === 'bind' && !succeeded).length;
  }

  /** Passwords that must not be logged. */
  public get passwords(): string[] {
    return [...this.allValues.map(passwordOf), this.user.password, this.server.superuser.password];
  }
}
