import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { ServerCertificate } from '../../tools/servers/certificates';

/** A real SMTP server, with TLS from the first byte, like port 465 of SES. */
export class SmtpTestServer {
  public static async start(
    { certificateFile, keyFile }: Pick<ServerCertificate, 'certificateFile' | 'keyFile'>, accepts: (user: string, password: string) => boolean | Promise<boolean>, authMethods = ['PLAIN', 'LOGIN'],
  ): Promise<SmtpTestServer> {
    const server = new SmtpTestServer(new SMTPServer({
      secure: true,
      cert: readFileSync(certificateFile),
      key: readFileSync(keyFile),
      authMethods,
      onAuth: ({ username, password }, _, callback) => {
        server.logins++;
        const refuse = () => { callback(Object.assign(new Error('Authentication Credentials Invalid'), { responseCode: server.refusesWith })); };
        Promise.resolve(accepts(username ?? '', password ?? '')).then((accepted) => { accepted ? callback(null, { user: username }) : refuse(); }, callback);
      },
      onData: (stream, _, callback) => {
        server.mails++;
        stream.resume();
        stream.on('end', callback);
      },
    }));
    // A client that doesn't trust the certificate ends the connection.
    server.smtp.on('error', () => {});
    await new Promise<void>((resolve) => { server.smtp.listen(0, '127.0.0.1', resolve); });
    return server;
  }

  public logins = 0;
  public mails = 0;
  /** The answers of SES: https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html */
  public refusesWith = 535;

  private constructor(private readonly smtp: SMTPServer) {}

  public get port(): number { return (this.smtp.server.address() as AddressInfo).port; }

  public async stop(): Promise<void> {
    await new Promise<void>((resolve) => { this.smtp.close(() => { resolve(); }); });
  }
}
