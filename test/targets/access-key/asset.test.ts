/* The deployed files, over HTTP and SMTP: with an IAM that checks signatures and has a limit of two keys, and with a real SMTP server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { IamServer, USER_ARN } from '../../../servers/stand-ins/iam-server';
import { AS_ISSUED, AS_SMTP, IssuingServer, issuedKey, type Shape } from '../../../servers/stand-ins/issuing-server';
import { CREDENTIALS } from '../../../servers/stand-ins/publishing-endpoint';
import { SmtpTestServer } from '../../../servers/stand-ins/smtp-server';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig, type HandlerConfig } from '../../../src/contract';
import { FunctionProcess } from '../../../tools/function-process';
import { makeCertificate } from '../../../tools/servers/certificates';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'access-key-'));
let certificate: Awaited<ReturnType<typeof makeCertificate>>;
beforeAll(async () => { certificate = await makeCertificate(folder, 'good'); });
afterAll(() => { rmSync(folder, { recursive: true }); });

const cleanUp: (() => Promise<unknown>)[] = [];
let output = '';
beforeEach(() => { output = ''; });
afterEach(async () => { await Promise.all(cleanUp.splice(0).map((end) => end())); });

async function deploy(asset: string, shape: Shape, fields: Partial<HandlerConfig>) {
  const keys = new IssuingServer([], [], shape);
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', '{ "host": "mail", "port": 465.0 }');
  const [secretsManager, iam, smtp] = await Promise.all([
    SecretsManagerServer.start(simulator), IamServer.start(keys), SmtpTestServer.start(certificate, (user, password) => keys.logIn(user, password)),
  ]);
  cleanUp.push(() => secretsManager.stop(), () => iam.stop(), () => smtp.stop());
  const fn = await FunctionProcess.start({
    environment: {
      ...CREDENTIALS,
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(__dirname, '..', '..', '..', 'assets', asset),
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ENDPOINT_URL: iam.url,
      AWS_ENDPOINT_URL_SES_SMTP: `smtps://localhost:${smtp.port}`,
      NODE_EXTRA_CA_CERTS: certificate.caFile,
      [CONFIG_VARIABLE]: serializeConfig({ target: asset, userArn: USER_ARN, passwordPolicy: {}, ...fields }),
    },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
    timeoutMs: 60_000,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => fn.kill());
  const valueOf = (label: string) => simulator.inspect(arn).value(label) as string;
  return { simulator, arn, keys, iam, smtp, fn, valueOf, run: () => rotate(simulator, arn, { invoke: (event) => fn.invoke(event), attempts: 1 }) };
}

/** Reads the secret as a service does. */
async function send(port: number, value: string): Promise<string> {
  const { username: user, password: pass } = JSON.parse(value) as Record<string, string>;
  const transport = createTransport({ host: 'localhost', port, secure: true, auth: { user, pass }, tls: { ca: certificate.ca } });
  return transport.sendMail({ from: 'shop@example.com', to: 'customer@example.com', subject: 'Hello', text: 'Hello' }).then(() => 'sent', ({ responseCode }) => responseCode === 535 ? 'refused' : 'failed');
}

test.each<[string, Shape, Partial<HandlerConfig>]>([
  ['iam-access-key', AS_ISSUED, { accessKeyIdKey: 'accessKeyId', secretAccessKeyKey: 'secretAccessKey' }], ['ses-smtp', AS_SMTP, {}],
])('%s makes the first credential, and keeps the previous one until the next rotation', async (asset, shape, fields) => {
  const { keys, iam, smtp, run, valueOf, simulator, arn } = await deploy(asset, shape, fields);
  expect(await run()).toMatchObject({ outcome: 'succeeded', attempts: 1 });
  const first = valueOf('AWSCURRENT');
  expect(first).toMatch(/^\{ "host": "mail", "port": 465\.0,"/);
  expect(await keys.accepts(first)).toBe(true);
  expect(await run()).toMatchObject({ outcome: 'succeeded' });
  const second = valueOf('AWSCURRENT');
  expect(await Promise.all([first, second].map((value) => keys.accepts(value)))).toEqual([true, true]);
  expect(await run()).toMatchObject({ outcome: 'succeeded' });
  expect(await Promise.all([first, second, valueOf('AWSCURRENT')].map((value) => keys.accepts(value)))).toEqual([false, true, true]);

  expect(iam.asked.filter(({ action }) => action === 'CreateAccessKey')).toHaveLength(3);
  expect(new Set(iam.asked.map(({ action, region }) => `${action} ${region}`))).toEqual(new Set([
    'ListAccessKeys us-east-1', 'CreateAccessKey us-east-1', 'DeleteAccessKey us-east-1', ...asset === 'iam-access-key' ? ['GetCallerIdentity eu-west-1'] : [],
  ]));
  // A kept connection would always reach the same server.
  const looks = iam.asked.filter(({ action }) => action === 'GetCallerIdentity').map(({ port }) => port);
  expect(new Set(looks).size).toBe(looks.length);
  expect(smtp.logins > 0).toBe(asset === 'ses-smtp');
  expect(smtp.mails).toBe(0);
  if (asset === 'ses-smtp') {
    expect(await Promise.all([first, second].map((value) => send(smtp.port, value)))).toEqual(['refused', 'sent']);
    expect(smtp.mails).toBe(1);
  }
  const secret = simulator.inspect(arn);
  const secrets = secret.versions.map(({ id }) => issuedKey(secret.value(id) as string, shape)?.secret ?? 'none').filter((each) => each !== 'none');
  expect(secrets.length).toBeGreaterThanOrEqual(2);
  expect(secrets.filter((each) => output.includes(each))).toEqual([]);
});

test('a user that does not exist any more is in the error', async () => {
  const { run } = await deploy('iam-access-key', AS_ISSUED, {
    userArn: 'arn:aws:iam::111122223333:user/gone', accessKeyIdKey: 'accessKeyId', secretAccessKeyKey: 'secretAccessKey',
  });
  const { failures } = await run();
  expect(failures).toMatchObject([{ step: 'createSecret', error: { errorType: 'TargetRefusedError' } }]);
  expect((failures[0].error as Error).message).toMatch(/^iam:ListAccessKeys for the user gone was refused with NoSuchEntity\. The user does not exist/);
});

test('a configuration without the ARN of a user is refused', async () => {
  const { run } = await deploy('ses-smtp', AS_SMTP, { userArn: 'app' });
  expect(((await run()).failures[0].error as Error).message).toContain('userArn is not the ARN of a user of IAM');
});
