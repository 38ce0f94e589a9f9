import { smtpPassword } from './password';
import { logIn, type SmtpServer } from './smtp';
import type { HandlerConfig } from '../../../../src/contract';
import { PASSWORD_KEY, parseSesSmtpConfig, USERNAME_KEY } from '../../../../src/targets/access-key/ses-smtp/contract';
import { hostName } from '../../../aws/endpoint';
import type { SignedCall } from '../../../aws/signed-call';
import { ConfigurationError } from '../../../rotation/errors';
import type { Target } from '../../../target';
import type { Acceptance } from '../access-key-target';
import { accessKeysOf, type AccessKeys } from '../access-keys';
import { CredentialValue } from '../credential-value';
import { regionOfFunction } from '../environment';
import { targetOf } from '../tagged-user-target';

/** The port on which SES has TLS from the first byte: https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html */
const PORT = 465;

/** Another SMTP server than SES, as `smtps://HOST:PORT`, for tests. Its certificate must be trusted too. */
const ENDPOINT_VARIABLE = 'AWS_ENDPOINT_URL_SES_SMTP';

/** @throws Error if the configuration is that of another asset, or has no ARN of a user */
export function sesSmtpTarget(given: HandlerConfig, call: SignedCall): Target {
  const config = parseSesSmtpConfig(given);
  const ownRegion = regionOfFunction();
  const region = config.region ?? ownRegion;
  const value = new CredentialValue(USERNAME_KEY, PASSWORD_KEY);
  const tryLogin: Acceptance['accepts'] = async (credential, deadline) => logIn(smtpServer(region), credential, deadline);
  return targetOf(config.userArn, value, ({ userName }) => {
    const keys = accessKeysOf(userName, ownRegion, call);
    return {
      keys,
      value,
      acceptance: smtpAcceptance(keys, region, tryLogin),
      isUserExclusive: config.isUserExclusive ?? false,
    };
  });
}

/** Asks SES whether it accepts a user name and a password, and IAM for the owner of the key. */
export function smtpAcceptance(keys: AccessKeys, region: string, tryLogin: Acceptance['accepts']): Acceptance {
  // A key never changes its user.
  let known: string | undefined;
  return {
    secretOf: ({ secretAccessKey }) => smtpPassword(secretAccessKey, region),
    async accepts(credential, deadline) {
      if (!await tryLogin(credential, deadline)) { return false; }
      if (known !== credential.id && (await keys.list(deadline)).some(({ id }) => id === credential.id)) { known = credential.id; }
      // The list may lag. A key that is still missing after the last attempt belongs to another user.
      return known === credential.id;
    },
  };
}

/** The SMTP interface of SES in a region. */
export function smtpServer(region: string): SmtpServer {
  const given = process.env[ENDPOINT_VARIABLE];
  if (given !== undefined) {
    const { protocol, hostname, port } = new URL(given);
    if (protocol !== 'smtps:' || port === '') { throw new ConfigurationError(`${ENDPOINT_VARIABLE} is not smtps://HOST:PORT. Correct it, or remove it`); }
    return { host: hostname, port: Number(port) };
  }
  return { host: hostName('email-smtp', region), port: PORT };
}
