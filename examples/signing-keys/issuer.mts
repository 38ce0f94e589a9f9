import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { importJWK, SignJWT, type JWK, type JWTPayload } from 'jose';

export const ISSUER = 'https://auth.example.com';

/** The service that signs. It keeps the value of the secret for some time, so it may sign with the key before the current one. */
export class Issuer {
  private cached?: { readonly jwk: JWK; readonly until: number };

  constructor(private readonly secretId: string, private readonly client = new SecretsManagerClient(), private readonly cacheMillis = 300_000) {}

  public async sign(payload: JWTPayload): Promise<string> {
    const jwk = await this.currentKey();
    return new SignJWT(payload)
      .setProtectedHeader({ alg: jwk.alg!, kid: jwk.kid })
      .setIssuer(ISSUER)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(await importJWK(jwk));
  }

  private async currentKey(): Promise<JWK> {
    if (this.cached === undefined || this.cached.until < Date.now()) {
      const { SecretString: value } = await this.client.send(new GetSecretValueCommand({ SecretId: this.secretId }));
      const { current } = JSON.parse(value!) as { current?: JWK };
      if (current === undefined) { throw new Error('The secret has no keys yet: its first rotation is not over'); }
      this.cached = { jwk: current, until: Date.now() + this.cacheMillis };
    }
    return this.cached.jwk;
  }
}
