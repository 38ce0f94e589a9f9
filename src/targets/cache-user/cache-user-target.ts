import { Duration, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  CACHE_DEFAULT_PORT, CACHE_EXCLUDE_CHARACTERS, CACHE_PASSWORD_KEY, CACHE_PASSWORD_LENGTH, CACHE_USER_ARN_KEY, CACHE_USERNAME_KEY, parseCacheEndpoint,
  parseCacheUserArn, type CacheUserTargetConfig, type CacheUserTargetId,
} from './contract';
import { shippedCode, type FunctionCode } from '../../function/shipped-code';
import { invalid } from '../../invalid';
import type { Generator } from '../../value/generator';
import { TargetDefinition, type CalledService, type Support, type TargetBinding } from '../definition';

/** The options of a user of ElastiCache or MemoryDB, without its generator. */
export interface CacheUserOptions {
  readonly userArn: string;
  readonly endpoint?: string;
  readonly cache?: ec2.IConnectable;
}

/** What differs between the services. */
export interface CacheService {
  readonly id: CacheUserTargetId;
  readonly factory: string;
  readonly calls: CalledService;
  readonly actions: readonly string[];
  /** A user's ARN, for errors. */
  readonly exampleArn: string;
  readonly support: Support;
}

/** A user of ElastiCache or MemoryDB, who has two passwords at a time. */
export abstract class CacheUserTargetDefinition extends TargetDefinition {
  public readonly factory: string;
  public readonly support: Support;
  public override readonly defaults: Generator = { excludeCharacters: CACHE_EXCLUDE_CHARACTERS };
  public override readonly hasFixedKey = true;
  // AWS's own rotation function waits as long for the status "active".
  public override readonly timeout = Duration.minutes(10);
  public override readonly checkedKeys = [CACHE_USERNAME_KEY, CACHE_USER_ARN_KEY];

  constructor(private readonly service: CacheService, policy: Generator, private readonly options: CacheUserOptions) {
    super({ ...policy, generateStringKey: CACHE_PASSWORD_KEY });
    this.factory = service.factory;
    this.support = service.support;
    const { userArn, endpoint } = options;
    const { exampleArn, id } = service;
    // The compiler doesn't check callers in other languages.
    if (!(userArn as unknown)) { throw invalid('userArn', `is missing. Give the ARN of the user, such as ${exampleArn}`); }
    if (!Token.isUnresolved(userArn) && !parseCacheUserArn(id, userArn)) { throw invalid('userArn', `is ${userArn}, which is not the ARN of one user. Give an ARN such as ${exampleArn}`); }
    // The error doesn't quote it, because a URL may have a password in it.
    if (endpoint !== undefined && !Token.isUnresolved(endpoint) && !parseCacheEndpoint(endpoint)) {
      throw invalid('endpoint', 'is neither a host nor host:port with a port from 1 to 65535. Leave out the scheme, the user and the path');
    }
    if (options.cache && endpoint === undefined) { throw invalid('cache', 'is given without endpoint, so the function would not connect to it. Give endpoint too, or leave out cache'); }
    checkLength(policy, 'passwordPolicy.passwordLength');
    checkSpace(policy, 'passwordPolicy.includeSpace');
  }

  public code(): FunctionCode {
    return shippedCode(this.service.id);
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): CacheUserTargetConfig {
    checkLength(passwordPolicy, 'passwordLength');
    checkSpace(passwordPolicy, 'includeSpace');
    return { target: this.service.id, userArn: this.options.userArn, endpoint: this.options.endpoint, passwordPolicy };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { userArn, cache, endpoint } = this.options;
    const { id, actions, calls } = this.service;
    const theirs = Token.isUnresolved(userArn) ? undefined : parseCacheUserArn(id, userArn)!.accountId;
    const ours = fn.env.account;
    if (theirs !== undefined && !Token.isUnresolved(ours) && theirs !== ours) {
      throw invalid('userArn', `is of the account ${theirs}, and the RotationFunction of ${ours}. No account may change users of another one. Put the function and the secret into the account of the user`);
    }
    if (endpoint !== undefined && !fn.isBoundToVpc) {
      throw invalid('endpoint', 'is given, and the RotationFunction has no vpc. A cache is reached only within its VPC. Give vpc to the RotationFunction, or leave out endpoint');
    }
    let rotated: ISecret | undefined;
    return {
      statements: [new iam.PolicyStatement({ sid: 'RotateCacheUser', actions: [...actions], resources: [userArn] })],
      reaches: endpoint === undefined ? undefined : { connectable: cache, defaultPort: portIn(endpoint), isNamedByApp: true },
      calls,
      names: cache?.connections.securityGroups,
      checkSecret: (secret) => {
        if (rotated && rotated !== secret) {
          throw invalid('secret', `${secret.node.path} is rotated by the function ${fn.node.path}, which rotates the user of ${rotated.node.path}. A user has at most two passwords, and one secret needs both. `
            + 'Give each secret a user and a RotationFunction of its own');
        }
        rotated = secret;
      },
    };
  }

  public override checkValue(property: string, value: Readonly<Record<string, unknown>>): void {
    const { userArn } = this.options;
    const given = (key: string) => Object.hasOwn(value, key) && !Token.isUnresolved(value[key]) ? value[key] : undefined;
    const [username, arn] = this.checkedKeys.map(given);
    if (!Object.hasOwn(value, CACHE_USERNAME_KEY) || (username !== undefined && (typeof username !== 'string' || username === ''))) {
      throw invalid(property, `has ${Object.hasOwn(value, CACHE_USERNAME_KEY) ? 'a username that is not a string of at least one character' : 'no username'}. Give it the name with which the user logs in, `
        + 'such as {"username":"app"}');
    }
    if (arn !== undefined && !Token.isUnresolved(userArn) && arn !== userArn) {
      throw invalid(property, `has a user_arn that is not the userArn of ${this.factory}, which is ${userArn}. Correct it, or leave it out`);
    }
  }
}

function checkLength({ passwordLength: length }: Generator, property: string): void {
  if (length === undefined || Token.isUnresolved(length)) { return; }
  const { least, most } = CACHE_PASSWORD_LENGTH;
  if (length < least || length > most) { throw invalid(property, `is ${length}, and the password of a cache user has ${least} to ${most} characters. Choose a length from ${least} to ${most}`); }
}

function checkSpace({ includeSpace }: Generator, property: string): void {
  if (includeSpace === true) { throw invalid(property, 'is true, and the password of a cache user has no space. Leave it out'); }
}

function portIn(endpoint: string): number {
  return Token.isUnresolved(endpoint) ? CACHE_DEFAULT_PORT : parseCacheEndpoint(endpoint)!.port;
}
