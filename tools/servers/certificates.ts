import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { ServerTls } from './server';

const run = promisify(execFile);

const CONFIG = `
[ca]
default_ca = authority
[authority]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[ca_extensions]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[good]
subjectAltName = DNS:localhost, DNS:db.test.internal, IP:127.0.0.1
[wrongHost]
subjectAltName = DNS:elsewhere.test.internal
`;
const LONG_AGO = '20000101000000Z';
const OVER = '20200101000000Z';
const FAR_AWAY = '20990101000000Z';

export interface ServerCertificate {
  /** The authority that a client should trust. PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Makes an authority in the folder, and a certificate for a server by it or, on request, by another one. */
export async function makeCertificate(folder: string, tls: Exclude<ServerTls, 'none'>): Promise<ServerCertificate> {
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, 'openssl.cnf'), CONFIG);
  await fs.writeFile(path.join(folder, 'index'), '');
  await makeAuthority(folder, 'ca', 'Authority of the tests');
  const issuer = tls === 'unknownCa' ? 'unknown-ca' : 'ca';
  if (issuer !== 'ca') await makeAuthority(folder, issuer, 'Somebody else');
  await makeKey(folder, 'server');
  await openssl(folder, 'req', '-new', '-config', 'openssl.cnf', '-key', 'server.key', '-subj', '/CN=database', '-out', 'server.csr');
  await openssl(
    folder, 'ca', '-batch', '-notext', '-config', 'openssl.cnf', '-cert', `${issuer}.pem`, '-keyfile', `${issuer}.key`,
    '-in', 'server.csr', '-out', 'server.pem', '-extensions', tls === 'wrongHost' ? 'wrongHost' : 'good',
    '-startdate', LONG_AGO, '-enddate', tls === 'expired' ? OVER : FAR_AWAY,
  );
  return {
    ca: await fs.readFile(path.join(folder, 'ca.pem'), 'utf8'),
    caFile: path.join(folder, `${issuer}.pem`),
    certificateFile: path.join(folder, 'server.pem'),
    keyFile: path.join(folder, 'server.key'),
  };
}

async function makeAuthority(folder: string, name: string, subject: string): Promise<void> {
  await makeKey(folder, name);
  await openssl(
    folder, 'req', '-x509', '-new', '-config', 'openssl.cnf', '-extensions', 'ca_extensions', '-days', '3650',
    '-key', `${name}.key`, '-subj', `/CN=${subject}`, '-out', `${name}.pem`,
  );
}

async function makeKey(folder: string, name: string): Promise<void> {
  await openssl(folder, 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
}

async function openssl(folder: string, ...args: string[]): Promise<void> {
  await run('openssl', args, { cwd: folder });
}
