import { isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import type { Deadline } from '../../../rotation/deadline';
import { ConnectivityError, TargetRefusedError, TlsError, type RotationError } from '../../../rotation/errors';
import { isTlsError } from '../../../rotation/service-errors';
import type { Credential } from '../credential-value';

/** The address of an SMTP server that has TLS from the first byte. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** The certificate authority of the server. By default those of Node.js. */
  readonly ca?: string;
}

interface Reply {
  readonly code: number;
  readonly text: string;
}

/** In milliseconds, for the connection and for each reply. */
const TIMEOUT = 5_000;
/** In bytes, more than any reply to these commands. */
const MAX_REPLY = 65_536;

/**
 * Logs in by SMTP, and sends nothing. The connection has TLS from its first byte, so the credential is never in clear text.
 *
 * @returns whether the server accepts the credential
 * @see https://www.rfc-editor.org/rfc/rfc4954
 */
export async function logIn(server: SmtpServer, { id, secret }: Credential, deadline: Deadline): Promise<boolean> {
  const { host, port, ca } = server;
  const options: ConnectionOptions = { host, port, ca, servername: isIP(host) ? '' : host, rejectUnauthorized: true, minVersion: 'TLSv1.2' };
  const socket = connect(options);
  const giveUp = () => { socket.destroy(); };
  deadline.signal.addEventListener('abort', giveUp);
  try {
    const replies = repliesOf(socket, server);
    // A reply that begins with 4 is temporary: https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
    mustBe(220, await replies(), 'its greeting');
    const greeting = await replies('EHLO rotation.invalid');
    mustBe(250, greeting, 'EHLO');
    if (!/^AUTH\b.*\bPLAIN\b/mi.test(greeting.text)) { throw new TargetRefusedError(`The SMTP server ${host} offers no AUTH PLAIN. See that it is the SMTP interface of SES`); }
    const reply = await replies(`AUTH PLAIN ${Buffer.from(`\0${id}\0${secret}`).toString('base64')}`);
    if (reply.code !== 535) { mustBe(235, reply, 'AUTH'); }
    await replies('QUIT').catch(() => {});
    return reply.code === 235;
  } finally {
    deadline.signal.removeEventListener('abort', giveUp);
    socket.destroy();
  }

  function mustBe(expected: number, { code }: Reply, what: string): void {
    if (code === expected) { return; }
    const said = `The SMTP server ${host} answered ${what} with ${code}`;
    if (code >= 400 && code < 500) { throw new ConnectivityError(`${said}, so it doesn't work now. Secrets Manager retries the rotation`); }
    throw new TargetRefusedError(`${said}. See that SES is available to the account in this region`, String(code));
  }
}

/** Sends a command, if there is one, and waits for the reply. */
function repliesOf(socket: Socket, { host, port }: SmtpServer): (command?: string) => Promise<Reply> {
  let received = '';
  let problem: RotationError | undefined;
  let wake = () => {};
  const fail = (error: RotationError) => {
    problem ??= error;
    wake();
  };
  const unreachable = (reason: string) => new ConnectivityError(`The SMTP server ${host} can't be reached on port ${port}, or doesn't answer in time (${reason}). In a VPC the function needs an interface `
    + 'endpoint for email-smtp with private DNS, or a route to the internet, and security groups that let it out on this port');
  socket.setEncoding('latin1');
  socket.setTimeout(TIMEOUT, () => { fail(unreachable('time-out')); });
  socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
    fail(isTlsError(code) ? new TlsError(`The certificate of the SMTP server ${host} is not trusted (${code}), so no credential was sent. Look for a proxy or a firewall that answers in its place`)
      : unreachable(/^[A-Z_]{1,64}$/.test(code) ? code : 'error'));
  });
  socket.on('close', () => { fail(unreachable('closed')); });
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (received.length > MAX_REPLY) { fail(unreachable('endless reply')); }
    wake();
  });
  return async (command) => {
    if (command !== undefined) { socket.write(`${command}\r\n`); }
    for (;;) {
      // The last line of a reply has a space after its code.
      const end = /^(\d{3})(?: .*)?\r?\n/m.exec(received);
      if (end) {
        const lines = received.slice(0, end.index + end[0].length);
        received = received.slice(lines.length);
        return { code: Number(end[1]), text: lines.replace(/^\d{3}[- ]?/gm, '') };
      }
      if (problem) { throw problem; }
      await new Promise<void>((resolve) => { wake = resolve; });
    }
  };
}
