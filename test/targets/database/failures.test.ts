import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TlsOptions } from 'node:tls';
import { connectionError } from '../../../lambda-src/targets/database/failures';
import { makeCertificate, type ServerCertificate } from '../../../tools/servers/certificates';

let folder: string;
let certificate: ServerCertificate;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'failures-'));
  certificate = await makeCertificate(folder, 'good');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a client with the TLS of a rotation gets from a server. */
async function errorFrom(options: TlsOptions): Promise<{ readonly code: string; readonly message: string }> {
  const server = createServer({ cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile), ...options }).on('tlsClientError', () => {});
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca: certificate.ca, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, () => {
        socket.destroy();
        reject(new Error('The server has TLS in common with the client'));
      });
      socket.on('error', (error) => resolve(error as never));
    });
  } finally {
    await new Promise((resolve) => { server.close(resolve); });
  }
}

test.each<[string, TlsOptions]>([
  ['version', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
  ['version that is older than its own', { minVersion: 'TLSv1.3' }],
  ['cipher', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0' }],
])('case 66: a server that has no %s of TLS in common with the function is not taken for one with a wrong certificate', async (_, options) => {
  const { code, message } = await errorFrom(options);
  // mysql2 gives each error of TLS a code of its own.
  for (const error of [{ code, message }, { code: 'HANDSHAKE_SSL_ERROR', message }]) {
    const found = connectionError(error)!;
    expect(`${found.name}: ${found.message}`).toMatch(/^TlsError: .*no version and cipher of TLS in common.*no credential was sent\. Turn on TLS 1\.2/);
    expect(found.message).toContain(`(${error.code})`);
  }
});

test.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_SSL_CERTIFICATE_VERIFY_FAILED'])('case 66: %s is named as a certificate that is not trusted', (code) => {
  expect(connectionError({ code, message: 'certificate' })!.message).toContain(`certificate of the database server is not trusted (${code})`);
});
