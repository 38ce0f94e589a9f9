import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { SmtpTestServer } from '../../../servers/stand-ins/smtp-server';
import { makeCertificate } from '../../../tools/servers/certificates';
import { withKeyOfUser } from '../access-keys';
import type { Surroundings } from '../app-under-test';
import { REGION } from '../emulator';

const FIRST = { host: `email-smtp.${REGION}.amazonaws.com`, port: '587' };

interface SmtpUser {
  readonly username: string;
  readonly password: string;
}

/** The SMTP user of a user of IAM, from none on. The SMTP server derives passwords from the access keys that the user has at a login. */
export async function sesSmtp(surroundings: Surroundings): Promise<void> {
  const { aws, checks, emulator, directory } = surroundings;
  const certificate = await makeCertificate(join(directory, 'smtp'), 'good');
  let owner: string | undefined;
  const server = await SmtpTestServer.start(certificate, async (user, password) => {
    const secretHalf = owner !== undefined && (await aws.accessKeyIds(owner)).includes(user) ? emulator.secretHalfOf(user) : undefined;
    return secretHalf !== undefined && password === passwordFrom(secretHalf);
  });
  const send = async ({ username: user, password: pass }: SmtpUser): Promise<string> => {
    const transport = createTransport({ host: 'localhost', port: server.port, secure: true, auth: { user, pass }, tls: { ca: certificate.ca } });
    const mail = { from: 'shop@example.com', to: 'customer@example.com', subject: 'Your order', text: 'It is on its way.' };
    return transport.sendMail(mail).then(() => 'sent', ({ responseCode }) => responseCode === 535 ? 'refused' : `failed with ${responseCode}`);
  };
  try {
    await withKeyOfUser(surroundings, 'password', JSON.stringify(FIRST), async ({ userName, functionName, rotate }) => {
      owner = userName;
      // The product has SES and the authorities of Node.js.
      await aws.addToEnvironment(functionName, { AWS_ENDPOINT_URL_SES_SMTP: `smtps://localhost:${server.port}`, NODE_EXTRA_CA_CERTS: certificate.caFile });
      const users: SmtpUser[] = [];
      for (const title of ['first rotation', 'second rotation', 'third rotation']) {
        const logins = server.logins;
        const { username, password, ...rest } = JSON.parse(await rotate(title)) as SmtpUser;
        users.push({ username, password });
        checks.check(`${title}: the other keys of the value are as they were`, JSON.stringify(rest) === JSON.stringify(FIRST), rest);
        checks.check(`${title}: the function logged in, and sent no mail`, server.logins >= logins + 5 && server.mails === mailsOf(users.length - 1), [server.logins - logins, server.mails]);
        const expected = users.map((_, index) => index >= users.length - 2 ? 'sent' : 'refused');
        const results = await Promise.all(users.map(send));
        checks.check(`${title}: a mail is sent with the last two passwords, and refused with older ones`, results.join() === expected.join(), results);
      }
      checks.check('each mail arrived', server.mails === mailsOf(users.length), server.mails);
      const [last] = users.slice(-1);
      const wrong = await Promise.all([users[1].password, emulator.secretHalfOf(last.username)!].map((password) => send({ ...last, password })));
      checks.check('the password of another key is refused, and so is the secret half of the key itself', wrong.join() === 'refused,refused', wrong);
    });
  } finally {
    await server.stop();
  }
}

/** How many mails are sent after this many rotations. */
function mailsOf(rotations: number): number {
  return Array.from({ length: rotations }, (_, index) => Math.min(index + 1, 2)).reduce((sum, each) => sum + each, 0);
}

/** As https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html says: written here once more, so that the handler isn't compared with itself. */
function passwordFrom(secretHalf: string): string {
  let signature: Buffer | string = `AWS4${secretHalf}`;
  for (const message of ['11111111', REGION, 'ses', 'aws4_request', 'SendRawEmail']) {
    signature = createHmac('sha256', signature).update(message, 'utf8').digest();
  }
  return Buffer.concat([Buffer.of(4), signature as Buffer]).toString('base64');
}
