import { connectAd, type ConnectAd } from '../../../../../lambda-src/targets/directory/active-directory/connection';
import { ActiveDirectoryTarget } from '../../../../../lambda-src/targets/directory/active-directory/target';
import { adUser, letsInAd, makeAdUser, readAd, type ActiveDirectoryServer, type AdUser } from '../../../../../servers/active-directory/active-directory';
import { parseActiveDirectoryConfig, type ActiveDirectoryTargetConfig } from '../../../../../src/targets/directory/active-directory/contract';
import { passwordOf } from '../../../../harness';
import { DirectoryHarness } from '../../harness';

export type Kind = 'itself' | 'superuser';

export const KINDS: readonly Kind[] = ['itself', 'superuser'];

export interface AdHarnessOptions {
  readonly kind?: Kind;
  /** What the user logs in with. @default - the user principal name */
  readonly username?: (user: AdUser) => string;
  /** @default - a user of its own */
  readonly user?: AdUser;
  readonly password?: string;
  /** Whether the user is there already. */
  readonly exists?: boolean;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly superuserChanges?: Record<string, unknown>;
  readonly config?: Partial<ActiveDirectoryTargetConfig>;
  readonly connect?: (connect: ConnectAd) => ConnectAd;
}

let users = 0;

/** A secret of a user of a real domain controller, with the handler that rotates it. */
export class AdHarness extends DirectoryHarness {
  public static async make(server: ActiveDirectoryServer, options: AdHarnessOptions = {}): Promise<AdHarness> {
    const user = options.user ?? adUser(`user-${++users}`);
    const password = options.password ?? `First-password-${users}`;
    if (!options.exists) { await makeAdUser(server, user, password); }
    return new AdHarness(server, user, password, options);
  }

  private constructor(
    public readonly server: ActiveDirectoryServer, public readonly user: AdUser, private readonly firstPassword: string, options: AdHarnessOptions,
  ) {
    const { host, port, ca, superuser } = server;
    const watched: ConnectAd = async (...login) => {
      const connection = await connectAd(...login);
      return {
        bind: (...args) => this.watch('bind', connection.bind(...args)),
        findUser: (...args) => connection.findUser(...args),
        isUser: (...args) => connection.isUser(...args),
        changePassword: (...args) => this.watch('changePassword', connection.changePassword(...args)),
        resetPassword: (...args) => this.watch('resetPassword', connection.resetPassword(...args)),
        close: () => connection.close(),
      };
    };
    super({
      value: JSON.stringify({ host, port, username: (options.username ?? (({ upn }) => upn))(user), password: firstPassword, ...options.changes }),
      config: {
        target: 'active-directory',
        superuserSecretArn: options.kind === 'superuser' ? 'superuser' : undefined,
        certificateAuthority: ca,
        passwordPolicy: {},
        ...options.config,
      },
      makeTarget: (config) => new ActiveDirectoryTarget(parseActiveDirectoryConfig(config), options.connect ? options.connect(watched) : watched),
    });
    this.simulator.createSecret('superuser', JSON.stringify({ host, port, ...superuser, ...options.superuserChanges }));
  }

  public passwordOf(versionIdOrStage: string): string {
    return passwordOf(this.value(versionIdOrStage));
  }

  /** Whether the domain lets in the user with a password. */
  public letsIn(password: string): Promise<boolean> {
    return letsInAd(this.server, { username: this.user.upn, password });
  }

  public isAccepted(versionIdOrStage: string): Promise<boolean> {
    return this.letsIn(this.passwordOf(versionIdOrStage));
  }

  /** How many wrong passwords the domain counts for the user. */
  public async wrongPasswords(): Promise<number> {
    return Number(await readAd(this.server, this.user.dn, 'badPwdCount'));
  }

  /** The operations that were refused. */
  public get refused(): string[] {
    return this.sent.filter(({ succeeded }) => !succeeded).map(({ operation }) => operation);
  }

  public get passwords(): string[] {
    return [...this.allValues.map(passwordOf), this.firstPassword, this.server.superuser.password];
  }

  public get names(): string[] {
    return [this.user.upn, this.user.dn];
  }
}
