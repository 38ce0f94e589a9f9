import { X509Certificate } from 'node:crypto';
import { Token } from 'aws-cdk-lib';
import { invalid } from '../invalid';

const PROPERTY = 'certificateAuthority';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Throws for a text that is no certificate authority. The error doesn't show the text, because it may be a secret. */
export function checkCertificateAuthority(pem: string | undefined, plaintextConnection = false): void {
  if (pem === undefined) { return; }
  if (plaintextConnection) {
    throw invalid(PROPERTY, 'is given together with plaintextConnection, which verifies nothing. Leave plaintextConnection out');
  }
  if (Token.isUnresolved(pem)) { return; }
  if (/PRIVATE KEY/.test(pem)) {
    throw invalid(PROPERTY, 'holds a private key. Give only the certificate: it would be readable in the template and in the function');
  }
  const certificates = pem.match(CERTIFICATE);
  if (!certificates) {
    throw invalid(PROPERTY, 'has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----. Give the text of the file and not its name');
  }
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch {
      throw invalid(PROPERTY, `has as its certificate ${index + 1} of ${certificates.length} one that can't be read. Give it in PEM, as the authority published it`);
    }
  }
}
