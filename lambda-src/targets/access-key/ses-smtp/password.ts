import { hmac } from '../../../aws/signature';

const VERSION = 0x04;

/**
 * The SMTP password of SES for one region, from the secret half of an access key.
 *
 * @see https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
 */
export function smtpPassword(secretAccessKey: string, region: string): string {
  const parts = ['11111111', region, 'ses', 'aws4_request', 'SendRawEmail'];
  const signature = parts.reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secretAccessKey}`) as Buffer;
  return Buffer.concat([Buffer.from([VERSION]), signature]).toString('base64');
}
