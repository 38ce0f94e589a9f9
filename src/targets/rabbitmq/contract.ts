import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';

export interface RabbitMqTargetConfig extends TargetConfig {
  readonly target: 'rabbitmq';
  readonly superuserSecretArn: string;
  /** Whether two users alternate. If absent, one user has the password of every version. */
  readonly alternatingUsers?: boolean;
  /** The certificate authority of the server, as PEM. If absent, those of Node.js. */
  readonly certificateAuthority?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** The key of the secret that is rotated. */
export const RABBITMQ_PASSWORD_KEY = 'password';

/** The key with the port of the management API. The key `port` is that of AMQP, as applications need it. */
export const RABBITMQ_MANAGEMENT_PORT_KEY = 'managementPort';

/** AMQP over TLS: https://www.rabbitmq.com/docs/networking#ports */
export const RABBITMQ_DEFAULT_PORT = 5671;

/** The management API over TLS: https://www.rabbitmq.com/docs/networking#ports */
const MANAGEMENT_PORT = 15_671;

/** https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-basic-elements-broker.html */
const AMAZON_MQ_MANAGEMENT_PORT = 443;
const AMAZON_MQ_HOST = /\.mq\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws)\.?$/i;

/** The default ports of the management API. */
export const MANAGEMENT_PORTS = [MANAGEMENT_PORT, AMAZON_MQ_MANAGEMENT_PORT];

/** The port of the management API if the secret has none. */
export function defaultManagementPort(host: string): number {
  return AMAZON_MQ_HOST.test(host) ? AMAZON_MQ_MANAGEMENT_PORT : MANAGEMENT_PORT;
}

/** The suffix of the second of two alternating users, as with databases. */
export const RABBITMQ_CLONE_SUFFIX = '_clone';

/**
 * The characters that need escaping in a URI such as amqps://user:password@host, and those that need quotes in a shell or a configuration. Amazon MQ
 * refuses `,`, `:` and `=` in passwords.
 * https://www.rfc-editor.org/rfc/rfc3986#section-2.2
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-amazonmq-broker-user.html
 */
export const RABBITMQ_EXCLUDE_CHARACTERS = '"\'`\\/@:?#[]%&$<>|;!()*^{}~,= ';

/**
 * The most bytes of a user name and its password together. The frame of a login has at most 4,096 bytes, and clients describe themselves in it with
 * up to a thousand: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, frame-min-size
 */
export const RABBITMQ_MAX_LOGIN = 3_000;

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseRabbitMqConfig(config: TargetConfig): RabbitMqTargetConfig {
  const { target, passwordPolicy, text, requiredText, flag } = fieldsOf(config, 'rabbitmq');
  return {
    target,
    superuserSecretArn: requiredText('superuserSecretArn'),
    alternatingUsers: flag('alternatingUsers'),
    certificateAuthority: text('certificateAuthority'),
    passwordPolicy,
  };
}
