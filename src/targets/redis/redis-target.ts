import { Fn, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { REDIS_DEFAULT_PORT, REDIS_EXCLUDE_CHARACTERS, REDIS_PASSWORD_KEY, type RedisTargetConfig } from './contract';
import { shippedCode, type FunctionCode } from '../../function/shipped-code';
import { invalid } from '../../invalid';
import type { Generator } from '../../value/generator';
import { checkCertificateAuthority } from '../certificate-authority';
import { MAX_PORT, parseNode, portOf } from '../contract';
import { TargetDefinition, type TargetBinding } from '../definition';
import { bindSuperuserSecret } from '../superuser-secret';

/** The options of a user of Redis or Valkey, without its generator. */
export interface RedisUserOptions {
  readonly superuserSecret: ISecret;
  readonly nodes?: readonly string[];
  readonly database?: ec2.IConnectable;
  readonly certificateAuthority?: string;
}

/** A user of Redis or Valkey. */
export class RedisTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.redis';
  public readonly support = { strategy: 'two passwords', servers: ['Redis 7', 'Valkey 8'] };
  public override readonly defaults: Generator = { excludeCharacters: REDIS_EXCLUDE_CHARACTERS };
  public override readonly hasFixedKey = true;
  public override readonly checkedKeys = ['username', 'host', 'port'];

  constructor(policy: Generator, private readonly options: RedisUserOptions) {
    super({ ...policy, generateStringKey: REDIS_PASSWORD_KEY });
    // The compiler doesn't check callers in other languages.
    if (!(options.superuserSecret as unknown)) {
      throw invalid('superuserSecret', 'is missing. Give the secret of a user that may run ACL SETUSER, ACL GETUSER and ACL SAVE. A user can\'t change its own password');
    }
    checkNodes(options.nodes);
    checkCertificateAuthority(options.certificateAuthority);
  }

  public code(): FunctionCode {
    return shippedCode('redis');
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): RedisTargetConfig {
    const { superuserSecret, nodes, certificateAuthority } = this.options;
    return {
      target: 'redis',
      superuserSecretArn: superuserSecret.secretFullArn ?? superuserSecret.secretArn,
      // A list that is known only at deployment is joined there.
      nodes: nodes && (Token.isUnresolved(nodes) ? Fn.join(',', [...nodes]) : nodes.join(',')),
      certificateAuthority,
      passwordPolicy,
    };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { superuserSecret, database } = this.options;
    return {
      ...bindSuperuserSecret(superuserSecret, fn, 'whose superuserSecret is another one'),
      reaches: { connectable: database, defaultPort: REDIS_DEFAULT_PORT },
      names: database?.connections.securityGroups,
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
    if (port !== undefined && port !== null && portOf(port) === undefined) {
      throw invalid(property, `has the port ${JSON.stringify(port)}, which is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
    }
  }
}

function checkNodes(nodes: readonly string[] | undefined): void {
  if (nodes === undefined || Token.isUnresolved(nodes)) { return; }
  if (nodes.length === 0) { throw invalid('nodes', 'is empty. Name every server that clients log in to, or leave it out for the host of the secret'); }
  const known = nodes.filter((node) => !Token.isUnresolved(node));
  // The error doesn't quote it, because a URL may have a password in it.
  const wrong = nodes.findIndex((node) => !Token.isUnresolved(node) && !parseNode(node));
  if (wrong >= 0) { throw invalid('nodes', `has an element, at index ${wrong}, that is neither a host nor host:port with a port from 1 to ${MAX_PORT}. Leave out the scheme, the user and the path`); }
  const repeated = known.find((node, i) => known.indexOf(node) !== i);
  if (repeated !== undefined) { throw invalid('nodes', `has ${repeated} more than once. Name each server once`); }
}
