import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';
import { portOf } from '../contract';

export const CACHE_USER_TARGETS = ['elasticache-user', 'memorydb-user'] as const;

export type CacheUserTargetId = typeof CACHE_USER_TARGETS[number];

export interface CacheUserTargetConfig extends TargetConfig {
  readonly target: CacheUserTargetId;
  readonly userArn: string;
  /** The host, or the host and the port, of a cache that testSecret logs in to. If absent, it logs in to none. */
  readonly endpoint?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** The keys of AWS's own rotation function: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/User-Secrets-Manager.html */
export const CACHE_USERNAME_KEY = 'username';
export const CACHE_PASSWORD_KEY = 'password';
export const CACHE_USER_ARN_KEY = 'user_arn';

/** https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html and https://docs.aws.amazon.com/memorydb/latest/devguide/clusters.acls.html */
export const CACHE_PASSWORD_LENGTH = { least: 16, most: 128 } as const;

/** https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Authentication.html */
export const MAX_CACHE_PASSWORDS = 2;

export const CACHE_DEFAULT_PORT = 6379;

/**
 * The characters that need escaping in a URI such as rediss://user:password@host, and those that need quotes in a shell or a configuration.
 * https://www.rfc-editor.org/rfc/rfc3986#section-2.2
 */
export const CACHE_EXCLUDE_CHARACTERS = '"\'`\\/@:?#[]%&$<>|;!()*^{}~, ';

const USER_ARNS: Readonly<Record<CacheUserTargetId, RegExp>> = {
  'elasticache-user': /^arn:[\w-]+:elasticache:([a-z0-9-]+):(\d{12}):user:([a-zA-Z][a-zA-Z0-9-]*)$/,
  'memorydb-user': /^arn:[\w-]+:memorydb:([a-z0-9-]+):(\d{12}):user\/([a-zA-Z][a-zA-Z0-9-]*)$/,
};

/** The parts of a user's ARN. */
export interface CacheUserIds {
  readonly region: string;
  readonly accountId: string;
  readonly userId: string;
}

/** The parts of a user's ARN. Undefined if it is not the ARN of a user of that service. */
export function parseCacheUserArn(target: CacheUserTargetId, arn: string): CacheUserIds | undefined {
  const [, region, accountId, userId] = USER_ARNS[target].exec(arn) ?? [];
  return region === undefined ? undefined : { region, accountId, userId };
}

/** The host and the port of an endpoint. Undefined if it is none. */
export function parseCacheEndpoint(endpoint: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, digits] = /^([^\s/\\,:@]+)(?::(\d{1,5}))?$/.exec(endpoint) ?? [];
  const port = digits === undefined ? CACHE_DEFAULT_PORT : portOf(digits);
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** Whether the services accept a password: its length, and printable characters of ASCII without the space. */
export function isCachePassword(password: string): boolean {
  return password.length >= CACHE_PASSWORD_LENGTH.least && password.length <= CACHE_PASSWORD_LENGTH.most && /^[\x21-\x7e]*$/.test(password);
}

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseCacheUserConfig(config: TargetConfig, ...targets: readonly CacheUserTargetId[]): CacheUserTargetConfig {
  const { target, passwordPolicy, text, requiredText } = fieldsOf(config, ...targets);
  return { target, userArn: requiredText('userArn'), endpoint: text('endpoint'), passwordPolicy };
}
