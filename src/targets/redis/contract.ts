import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';

export interface RedisTargetConfig extends TargetConfig {
  readonly target: 'redis';
  readonly superuserSecretArn: string;
  /** Hosts, or hosts with a port, separated by commas. If absent, the host of the secret. */
  readonly nodes?: string;
  /** The certificate authority of the server, as PEM. If absent, those of Node.js. */
  readonly certificateAuthority?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** The key of the secret that is rotated. */
export const REDIS_PASSWORD_KEY = 'password';

/** https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml?search=6379 */
export const REDIS_DEFAULT_PORT = 6379;

/**
 * The characters that need escaping in a URI such as rediss://user:password@host, and those that need quotes in a shell or a configuration.
 * https://www.rfc-editor.org/rfc/rfc3986#section-2.2
 */
export const REDIS_EXCLUDE_CHARACTERS = '"\'`\\/@:?#[]%&$<>|;!()*^{}~ ';

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseRedisConfig(config: TargetConfig): RedisTargetConfig {
  const { target, passwordPolicy, text, requiredText } = fieldsOf(config, 'redis');
  return {
    target,
    superuserSecretArn: requiredText('superuserSecretArn'),
    nodes: text('nodes'),
    certificateAuthority: text('certificateAuthority'),
    passwordPolicy,
  };
}
