import { Fn, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { parseNode, REDIS_DEFAULT_PORT, REDIS_EXCLUDE_CHARACTERS, REDIS_PASSWORD_KEY, type RedisTargetConfig } from './contract';
import { invalid } from '../../invalid';
import { areSame } from '../../schedule/one-schedule';
import type { Generator } from '../../value/generator';
import { checkCertificateAuthority } from '../certificate-authority';
import { shippedCode, TargetDefinition, type TargetBinding } from '../definition';

/** What may be said of a user of Redis, besides its generator. */
export interface RedisUserOptions {
  readonly superuserSecret: ISecret;
  readonly nodes?: readonly string[];
  readonly database?: ec2.IConnectable;
  readonly certificateAuthority?: string;
}

const MAX_PORT = 65_535;

/** A user of Redis or Valkey. */
export class RedisTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.redis';
  public override readonly defaults: Generator = { excludeCharacters: REDIS_EXCLUDE_CHARACTERS };
  public override readonly hasFixedKey = true;
  public override readonly checkedKeys = ['username', 'host', 'port'];

  constructor(policy: Generator, private readonly options: RedisUserOptions) {
    super({ ...policy, generateStringKey: REDIS_PASSWORD_KEY });
    // The compiler doesn't see what other languages bring along.
    if (!(options.superuserSecret as unknown)) {
      throw invalid('superuserSecret', 'is missing. Give the secret of a user who may run ACL SETUSER, ACL GETUSER and ACL SAVE: a user can\'t change its own password');
    }
    checkNodes(options.nodes);
    checkCertificateAuthority(options.certificateAuthority);
  }

  public code(): lambda.Code {
    return shippedCode('redis');
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): RedisTargetConfig {
    const { superuserSecret, nodes, certificateAuthority } = this.options;
    return {
      target: 'redis',
      superuserSecretArn: superuserSecret.secretFullArn ?? superuserSecret.secretArn,
      // A list that only a deployment knows has to be joined there.
      nodes: nodes && (Token.isUnresolved(nodes) ? Fn.join(',', [...nodes]) : nodes.join(',')),
      certificateAuthority,
      passwordPolicy,
    };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { superuserSecret, database } = this.options;
    return {
      reads: [{ property: 'superuserSecret', sid: 'ReadSuperuserSecret', secret: superuserSecret }],
      reaches: { connectable: database, defaultPort: REDIS_DEFAULT_PORT },
      names: database?.connections.securityGroups,
      checkSecret: (secret) => {
        if (areSame(secret, superuserSecret, fn)) {
          throw invalid('secret', `${secret.node.path} is the superuser secret of this function, and can't be one of the users that it gives passwords to. Rotate it with a RotationFunction of its own, `
            + 'whose superuserSecret is another one');
        }
      },
    };
  }

  public override checkValue(property: string, value: Readonly<Record<string, unknown>>): void {
    const given = (key: string) => Object.hasOwn(value, key) && !Token.isUnresolved(value[key]) ? value[key] : undefined;
    const [username, host, port] = this.checkedKeys.map(given);
    if (!Object.hasOwn(value, 'username') || (username !== undefined && (typeof username !== 'string' || !/^[^\s\0]+$/.test(username)))) {
      throw invalid(property, `has ${Object.hasOwn(value, 'username') ? 'a username that is not a string of at least one character without a space' : 'no username'}. Give it the user whose password the `
        + 'secret holds, such as {"username":"app"}');
    }
    if (host !== undefined && (typeof host !== 'string' || !/^[^\s/\\,]+$/.test(host))) {
      throw invalid(property, 'has a host that is not the name of one server. Give the name that its certificate has, and further servers to nodes of the target');
    }
    if (port !== undefined && port !== null && !isPort(Number(port))) {
      throw invalid(property, `has the port ${JSON.stringify(port)}, which is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
    }
  }
}

function checkNodes(nodes: readonly string[] | undefined): void {
  if (nodes === undefined || Token.isUnresolved(nodes)) { return; }
  if (nodes.length === 0) { throw invalid('nodes', 'is empty. Name every server that clients log in to, or leave it out for the host of the secret'); }
  const known = nodes.filter((node) => !Token.isUnresolved(node));
  // It isn't quoted: a URL may have a password in it.
  const wrong = nodes.findIndex((node) => !Token.isUnresolved(node) && !parseNode(node));
  if (wrong >= 0) { throw invalid('nodes', `has at index ${wrong} what is neither a host nor host:port with a port from 1 to ${MAX_PORT}. Give each server so, without a scheme, a user or a path`); }
  const repeated = known.find((node, i) => known.indexOf(node) !== i);
  if (repeated !== undefined) { throw invalid('nodes', `has ${repeated} more than once. Name each server once`); }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= MAX_PORT;
}
