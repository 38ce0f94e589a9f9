import { connectAd, type AdConnection, type ConnectAd } from '../../../../../lambda-src/targets/directory/active-directory/connection';
import { ActiveDirectoryTarget } from '../../../../../lambda-src/targets/directory/active-directory/target';
import { adUser, letsInAd, makeAdUser, readAd, type ActiveDirectoryServer, type AdUser } from '../../../../../servers/active-directory/active-directory';
import { parseActiveDirectoryConfig, type ActiveDirectoryTargetConfig } from '../../../../../src/targets/directory/active-directory/contract';
import { Harness, passwordOf } from '../../../../harness';

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
export class AdHarness extends Harness {
  public static async make(server: ActiveDirectoryServer, options: AdHarnessOptions = {}): Promise<AdHarness> {
    const user = options.user ?? adUser(`user-${++users}`);
    const password = options.password ?? `First-password-${users}`;
    if (!options.exists) { await makeAdUser(server, user, password); }
    return new AdHarness(server, user, password, options);
  }

  /** The operations that were sent, with whether the server accepted them. */
  public readonly sent: { readonly operation: string; succeeded: boolean }[] = [];

  private constructor(
    public readonly server: ActiveDirectoryServer, public readonly user: AdUser, private readonly firstPassword: string, options: AdHarnessOptions,
  ) {
    const { host, port, ca, superuser } = server;
    const watched: ConnectAd = async (...login) => {
      const connection = await connectAd(...login);
      const watch = async <T>(operation: string, promise: Promise<T>): Promise<T> => {
        const record = { operation, succeeded: false };
        this.sent.push(record);
        const result = await promise;
        record.succeeded = true;
        return result;
      };
      const same: AdConnection = {
        bind: (...args) => watch('bind', connection.bind(...args)),
        findUser: (...args) => connection.findUser(...args),
        isUser: (...args) => connection.isUser(...args),
        changePassword: (...args) => watch('changePassword', connection.changePassword(...args)),
        resetPassword: (...args) => watch('resetPassword', connection.resetPassword(...args)),
        close: () => connection.close(),
      };
      return same;
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

  /** Whether the domain lets in the user of a version. */
  public isAccepted(versionIdOrStage: string): Promise<boolean> {
    return this.letsIn(this.passwordOf(versionIdOrStage));
  }

  /** How many wrong passwords the domain counts for the user. */
  public async wrongPasswords(): Promise<number> {
    return Number(await readAd(this.server, this.user.dn, 'badPwdCount'));
  }

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }

  /** The operations that were refused. */
  public get refused(): string[] {
    return this.sent.filter(({ succeeded }) => !succeeded).map(({ operation }) => operation);
  }

  /** Passwords that must not be logged. */
  public get passwords(): string[] {
    return [...this.allValues.map(passwordOf), this.firstPassword, this.server.superuser.password];
  }
}
