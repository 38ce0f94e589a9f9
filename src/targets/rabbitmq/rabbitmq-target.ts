import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  MANAGEMENT_PORTS, RABBITMQ_DEFAULT_PORT, RABBITMQ_EXCLUDE_CHARACTERS, RABBITMQ_MANAGEMENT_PORT_KEY, RABBITMQ_MAX_LOGIN, RABBITMQ_PASSWORD_KEY,
  type RabbitMqTargetConfig,
} from './contract';
import { shippedCode, type FunctionCode } from '../../function/shipped-code';
import { invalid } from '../../invalid';
import type { RotationStrategy } from '../../rotation-strategy';
import type { Generator } from '../../value/generator';
import { checkCertificateAuthority } from '../certificate-authority';
import { MAX_PORT, portOf } from '../contract';
import { STRATEGY_NAMES, TargetDefinition, type Support, type TargetBinding } from '../definition';
import { bindSuperuserSecret } from '../superuser-secret';

/** The options of a user of RabbitMQ, without its generator. */
export interface RabbitMqUserOptions {
  readonly strategy: RotationStrategy;
  readonly broker?: ec2.IConnectable;
  readonly certificateAuthority?: string;
}

/** A user of RabbitMQ. */
export class RabbitMqTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.rabbitMq';
  public override readonly defaults: Generator = { excludeCharacters: RABBITMQ_EXCLUDE_CHARACTERS };
  public override readonly hasFixedKey = true;
  public override readonly checkedKeys = ['username', 'host', 'port', RABBITMQ_MANAGEMENT_PORT_KEY];
  public readonly support: Support;
  private readonly superuserSecret: ISecret;

  constructor(policy: Generator, private readonly options: RabbitMqUserOptions) {
    super({ ...policy, generateStringKey: RABBITMQ_PASSWORD_KEY });
    this.superuserSecret = checkStrategy(options.strategy);
    this.support = { strategy: STRATEGY_NAMES[options.strategy._kind], servers: ['RabbitMQ 3.10'], neverOn: ['Amazon MQ'] };
    checkCertificateAuthority(options.certificateAuthority);
    checkLength(policy, 'passwordPolicy.passwordLength');
  }

  public code(): FunctionCode {
    return shippedCode('rabbitmq');
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): RabbitMqTargetConfig {
    checkLength(passwordPolicy, 'passwordLength');
    return {
      target: 'rabbitmq',
      superuserSecretArn: this.superuserSecret.secretFullArn ?? this.superuserSecret.secretArn,
      alternatingUsers: this.options.strategy._kind === 'alternatingUsers' ? true : undefined,
      certificateAuthority: this.options.certificateAuthority,
      passwordPolicy,
    };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { broker } = this.options;
    return {
      ...bindSuperuserSecret(this.superuserSecret, fn, 'whose strategy has another superuser secret'),
      reaches: { connectable: broker, defaultPort: RABBITMQ_DEFAULT_PORT, furtherPorts: MANAGEMENT_PORTS },
      names: broker?.connections.securityGroups,
    };
  }

  public override checkValue(property: string, value: Readonly<Record<string, unknown>>): void {
    const given = (key: string) => Object.hasOwn(value, key) && !Token.isUnresolved(value[key]) ? value[key] : undefined;
    const [username, host, ...ports] = this.checkedKeys.map(given);
    if (!Object.hasOwn(value, 'username') || (username !== undefined && (typeof username !== 'string' || username === '' || username.includes('\0')))) {
      throw invalid(property, `has ${Object.hasOwn(value, 'username') ? 'a username that is not a string of at least one character' : 'no username'}. Give it the user whose password the `
        + 'secret holds, such as {"username":"app"}');
    }
    if (host !== undefined && (typeof host !== 'string' || !/^[^\s/\\,:]+$/.test(host))) {
      throw invalid(property, 'has a host that is not the name of one server. Give the name that its certificate has, without a scheme and a port');
    }
    for (const [i, port] of ports.entries()) {
      if (port !== undefined && port !== null && portOf(port) === undefined) {
        throw invalid(property, `has, at the key ${this.checkedKeys[i + 2]}, a port that is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
      }
    }
  }
}

function checkLength({ passwordLength: length }: Generator, property: string): void {
  if (length === undefined || Token.isUnresolved(length) || length < RABBITMQ_MAX_LOGIN) { return; }
  throw invalid(property, `is ${length}, and RabbitMQ accepts no login with so long a password. User name and password have at most ${RABBITMQ_MAX_LOGIN} bytes. Choose a shorter password`);
}

/** The superuser secret of a strategy that RabbitMQ has. */
function checkStrategy(strategy: RotationStrategy): ISecret {
  // The compiler doesn't check callers in other languages.
  if (!(strategy as unknown)) {
    throw invalid('strategy', 'is missing. Give RotationStrategy.singleUser or RotationStrategy.alternatingUsers, with the secret of a user that has the tag administrator');
  }
  if (strategy._kind === 'dualPasswords') {
    throw invalid('strategy', 'is dualPasswords, and RabbitMQ accepts one password for a user. Give RotationStrategy.alternatingUsers, which refuses no login either, or RotationStrategy.singleUser');
  }
  if (strategy._creationStatements) {
    throw invalid('creationStatements', 'are SQL, which RabbitMQ doesn\'t have. Leave them out, and create the user with its permissions before its first rotation');
  }
  if (strategy._resetLostPassword) {
    throw invalid('resetLostPassword', 'is true, and a rotation of RabbitMQ only changes a password that a version of the secret has. Leave it out');
  }
  if (!strategy._superuserSecret) {
    throw invalid('superuserSecret', 'is missing in the strategy. Give the secret of a user that has the tag administrator. A user of RabbitMQ can\'t change its own password');
  }
  return strategy._superuserSecret;
}
