import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DIRECTORY_PASSWORD_KEY, LDAPS_DEFAULT_PORT, type DirectoryTargetConfig } from './contract';
import { shippedCode, type FunctionCode } from '../../function/shipped-code';
import { invalid } from '../../invalid';
import { RotationStrategy } from '../../rotation-strategy';
import type { Generator } from '../../value/generator';
import { checkCertificateAuthority } from '../certificate-authority';
import { MAX_PORT, portOf } from '../contract';
import { STRATEGY_NAMES, TargetDefinition, type Support, type TargetBinding } from '../definition';
import { bindSuperuserSecret } from '../superuser-secret';

/** The options of a user of a directory, without its generator. */
export interface DirectoryUserOptions {
  readonly strategy?: RotationStrategy;
  readonly directory?: ec2.IConnectable;
  readonly certificateAuthority?: string;
}

/** What differs between the directories. */
export interface DirectoryKind<Id extends string> {
  readonly id: Id;
  readonly factory: string;
  readonly excludeCharacters: string;
  /** What the target was tried on. */
  readonly support: Omit<Support, 'strategy'>;
  /** Whether a text can name a user at login. */
  readonly isUser: (username: string) => boolean;
  /** What the key "username" has, for errors, with its article. */
  readonly userNoun: string;
  readonly exampleUser: string;
}

/** A user of a directory. */
export abstract class DirectoryTargetDefinition<Id extends string> extends TargetDefinition {
  public readonly factory: string;
  public override readonly defaults: Generator;
  public override readonly hasFixedKey = true;
  public override readonly checkedKeys = ['username', 'host', 'port'];
  public readonly support: Support;
  protected readonly strategy: RotationStrategy;

  constructor(private readonly kind: DirectoryKind<Id>, policy: Generator, private readonly options: DirectoryUserOptions) {
    super({ ...policy, generateStringKey: DIRECTORY_PASSWORD_KEY });
    this.factory = kind.factory;
    this.defaults = { excludeCharacters: kind.excludeCharacters };
    this.strategy = options.strategy ?? RotationStrategy.singleUser();
    this.checkStrategy(this.strategy);
    this.support = { strategy: STRATEGY_NAMES[this.strategy._kind], ...kind.support };
    checkCertificateAuthority(options.certificateAuthority);
  }

  public code(): FunctionCode {
    return shippedCode(this.kind.id);
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): DirectoryTargetConfig<Id> {
    const { _superuserSecret: superuserSecret } = this.strategy;
    return {
      target: this.kind.id,
      superuserSecretArn: superuserSecret && (superuserSecret.secretFullArn ?? superuserSecret.secretArn),
      certificateAuthority: this.options.certificateAuthority,
      passwordPolicy,
    };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { _superuserSecret: superuserSecret } = this.strategy;
    const { directory } = this.options;
    return {
      ...superuserSecret && bindSuperuserSecret(superuserSecret, fn, 'with RotationStrategy.singleUser()'),
      reaches: { connectable: directory, defaultPort: LDAPS_DEFAULT_PORT },
      names: directory?.connections.securityGroups,
    };
  }

  public override checkValue(property: string, value: Readonly<Record<string, unknown>>): void {
    const { isUser, userNoun, exampleUser } = this.kind;
    const given = (key: string) => Object.hasOwn(value, key) && !Token.isUnresolved(value[key]) ? value[key] : undefined;
    const [username, host, port] = this.checkedKeys.map(given);
    if (!Object.hasOwn(value, 'username') || (username !== undefined && (typeof username !== 'string' || !isUser(username)))) {
      throw invalid(property, `has ${Object.hasOwn(value, 'username') ? `a username that is not ${userNoun}` : 'no username'}. Give it ${userNoun} of the entry whose password the `
        + `secret holds, such as {"username":"${exampleUser}"}`);
    }
    if (host !== undefined && (typeof host !== 'string' || !/^[^\s/\\,]+$/.test(host))) {
      throw invalid(property, 'has a host that is not the name of one server. Give the name that its certificate has, without ldaps://');
    }
    if (port !== undefined && port !== null && portOf(port) === undefined) {
      throw invalid(property, `has the port ${JSON.stringify(port)}, which is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
    }
  }

  /** Throws if the strategy isn't one of this directory. */
  protected checkStrategy({ _creationStatements: creationStatements, _resetLostPassword: resetLostPassword }: RotationStrategy): void {
    if (creationStatements) {
      throw invalid('creationStatements', `is given, and ${this.kind.factory} creates no entry. Leave it out, and create the entry with the first password of the secret`);
    }
    if (resetLostPassword) {
      throw invalid('resetLostPassword', `is true, and ${this.kind.factory} changes a password only after a login with a version of the secret. Leave it out, and put the password that works into the `
        + 'secret');
    }
  }
}
