import { Duration, SecretValue, type Stack } from 'aws-cdk-lib';
import { User } from 'aws-cdk-lib/aws-iam';
import { createTransport } from 'nodemailer';
import { IamServer, USER_ARN } from '../../../../servers/stand-ins/iam-server';
import { AS_SMTP, issuedKey, IssuingServer } from '../../../../servers/stand-ins/issuing-server';
import { CREDENTIALS } from '../../../../servers/stand-ins/publishing-endpoint';
import { SmtpTestServer } from '../../../../servers/stand-ins/smtp-server';
import { RotatingSecret, RotationRules, RotationTarget } from '../../../../src';
import { makeCertificate } from '../../../../tools/servers/certificates';
import { ValueText } from '../../../secret-text';
import type { TargetScene } from '../../../target-scene';
import { LostReplies } from '../../lost-replies';

/** That of the stand-in: an SMTP password is made for a region. */
const REGION = 'eu-west-1';

/** The id of an access key is the user name, and no secret. */
class SmtpText extends ValueText {
  public secretsIn(value: string): readonly string[] {
    const { password } = JSON.parse(value) as { password?: string };
    return password === undefined ? [] : [password];
  }

  public masked(value: string, mask: string): string {
    const { password, ...rest } = JSON.parse(value) as { password?: string };
    return JSON.stringify(password === undefined ? rest : { ...rest, password: mask });
  }
}

export const scene: TargetScene = {
  title: 'The SMTP password of a service that sends mail',
  text: new SmtpText(),
  outcomes: {
    created: 'made an access key, stored its SMTP password',
    alreadyCreated: 'kept the stored password',
    set: 'nothing to do: IAM has the key',
    tested: 'logged in to the SMTP server with it',
  },
  change: { comesFirst: true, description: 'IAM has made an access key' },
  async start({ directory, losesReply }) {
    const keys = new IssuingServer([], [], AS_SMTP, 'AKIDEMO');
    const certificate = await makeCertificate(`${directory}/tls`, 'good');
    const smtp = await SmtpTestServer.start(certificate, (user, password) => keys.logIn(user, password));
    const iam = await IamServer.start(keys);
    const proxy = await LostReplies.start(Number(new URL(iam.url).port), losesReply);
    return {
      description: [
        `A real SMTP server listens on localhost:${smtp.port}, with TLS. It is a stand-in for Amazon SES: it accepts the passwords that SES would derive from the access keys of the user.`,
        'A stand-in for IAM makes the access keys. It checks signatures, and has the limit of two keys. As in IAM, a new key isn\'t known everywhere at once.',
        'Readers log in with nodemailer, verify the certificate, and send a mail. Nothing is delivered.',
      ],
      environment: {
        ...CREDENTIALS,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${proxy.port}`,
        AWS_ENDPOINT_URL_SES_SMTP: `smtps://localhost:${smtp.port}`,
        NODE_EXTRA_CA_CERTS: certificate.caFile,
      },
      addTo(stack: Stack) {
        new RotatingSecret(stack, 'Smtp', {
          target: RotationTarget.sesSmtp({ user: User.fromUserArn(stack, 'Mailer', USER_ARN), exclusiveUser: true, region: REGION }),
          rotationRules: RotationRules.rate(Duration.days(30)),
          secretObjectValue: { host: SecretValue.unsafePlainText('localhost'), port: SecretValue.unsafePlainText(String(smtp.port)) },
        });
      },
      async logIn(value) {
        const { username: user, password: pass } = JSON.parse(value) as Record<string, string>;
        const transport = createTransport({ host: 'localhost', port: smtp.port, secure: true, auth: { user, pass }, tls: { ca: certificate.ca } });
        try {
          await transport.sendMail({ from: 'shop@example.com', to: 'customer@example.com', subject: 'Hello', text: 'Hello' });
          return true;
        } catch (error) {
          if ((error as { responseCode?: number }).responseCode === 535) { return false; }
          throw error;
        } finally {
          transport.close();
        }
      },
      hasChanged: async (_, values) => keys.list().some(({ id }) => !values.some((value) => issuedKey(value, AS_SMTP)?.id === id)),
      afterwards: () => [{
        sentence: 'The access key of the crash, which is in no version, is revoked: the user has two keys.',
        holds: keys.list().length === 2,
      }],
      async stop() {
        await proxy.stop();
        await iam.stop();
        await smtp.stop();
      },
    };
  },
};
