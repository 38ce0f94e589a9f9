import type { JSONWebKeySet, JWK } from 'jose' with { 'resolution-mode': 'import' };
import type { Surroundings } from '../app-under-test';
import { STEPS } from '../rotation';
import { labelled, Secret } from '../secret';

const OBJECT = '.well-known/jwks.json';

/** Keys that sign, from none on: a verifier that has read the bucket before a rotation verifies what is signed after it. */
export async function signingKeys({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const jose = await import('jose');
  const cdk = cdkWith({ cacheSeconds: '1' });
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy', () => cdk.deploy());
  const resources = await aws.stackResources(cdk.template().stackName);
  const idOf = (type: string) => resources.find((resource) => resource.type === type)!.physicalId;
  const secret = new Secret(aws.secretsManager, idOf('AWS::SecretsManager::Secret'), 'current');
  const jwksUri = `${aws.endpoint}/${idOf('AWS::S3::Bucket')}/${OBJECT}`;
  const answers: string[] = [];
  const published: JSONWebKeySet[] = [];
  const tokens: string[] = [];

  const { value: first } = await secret.current();
  checks.check('the secret has no keys before its first rotation', first === '{}', first === '{}');
  checks.check('the deployment starts the first rotation', labelled(await secret.versions(), 'AWSPENDING') !== undefined);

  const isVerified = (token: string, set: JSONWebKeySet) => jose.jwtVerify(token, jose.createLocalJWKSet(set)).then(() => true, () => false);
  const everyIsVerified = async (sets: readonly JSONWebKeySet[]) =>
    (await Promise.all(tokens.slice(-2).flatMap((token) => sets.map((set) => isVerified(token, set))))).every((verified) => verified);
  const privateParts: string[] = [];

  for (const title of ['first rotation', 'second rotation', 'third rotation']) {
    const token = labelled(await secret.versions(), 'AWSPENDING')?.id ?? await secret.rotate();
    for (const step of STEPS) {
      for (const run of ['', ' again']) {
        const { failed, payload } = await aws.invoke(idOf('AWS::Lambda::Function'), { Step: step, SecretId: secret.arn, ClientRequestToken: token });
        answers.push(payload);
        checks.check(`${title}: ${step}${run}`, !failed, payload);
      }
    }
    await secret.removePending(token).catch(() => {});
    const current = labelled(await secret.versions(), 'AWSCURRENT');
    checks.check(`${title}: the version of the rotation is the current one`, current?.id === token);

    const { current: key, next } = JSON.parse(current?.value ?? '{}') as { current: JWK; next: JWK };
    privateParts.push(key.d!, next.d!);
    tokens.push(await new jose.SignJWT({}).setProtectedHeader({ alg: key.alg!, kid: key.kid }).setExpirationTime('1h').sign(await jose.importJWK(key)));
    const response = await fetch(jwksUri);
    published.push(await response.json() as JSONWebKeySet);
    checks.check(`${title}: the set has its cache time`, response.headers.get('cache-control') === 'max-age=1', response.headers.get('cache-control'));
    checks.check(`${title}: what the last two keys sign is verified`, await everyIsVerified(published.slice(-1)));
    checks.check(`${title}: who has read the set before verifies what is signed now`, await isVerified(tokens.at(-1)!, published.at(-2) ?? published[0]));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  checks.check('no private key stands in the answers, in the set, in the template or in what the CDK CLI said',
    ![...answers, JSON.stringify(published), cdk.template().text, cdk.output].some((text) => privateParts.some((part) => text.includes(part))));

  await checks.need('cdk destroy', () => cdk.destroy());
  checks.check('the secret is gone', !await secret.exists());
  checks.check('the run reached its end', true);
}
