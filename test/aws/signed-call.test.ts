import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isThrottled, mayPass, xmlErrorName } from '../../lambda-src/aws/answer';
import { endpointOf, type ServiceId } from '../../lambda-src/aws/endpoint';
import { retry } from '../../lambda-src/aws/retry';
import { sign } from '../../lambda-src/aws/signature';
import { signedCall } from '../../lambda-src/aws/signed-call';
import { Deadline } from '../../lambda-src/rotation/deadline';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
/** The SDK's table of partitions, which no package exports. */
const PARTITIONS = join(dirname(require.resolve('@aws-sdk/core/package.json')), 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js');
const DATE = new Date('2026-11-26T12:34:56.789Z');

const environment = { ...process.env };
afterEach(() => { process.env = { ...environment }; });

describe('the signature is that of the SDK', () => {
  test.each<[string, ServiceId, string, string, Record<string, string>, string | Uint8Array, string | undefined]>([
    ['a form', 'iam', 'POST', '/', { 'content-type': 'application/x-www-form-urlencoded' }, 'Action=ListAccessKeys&UserName=app', undefined],
    ['a session', 'sts', 'POST', '/', { 'content-type': 'application/x-www-form-urlencoded' }, 'Action=GetCallerIdentity', 'to+ken=='],
    ['an object', 's3', 'PUT', '/bucket/a%20folder/keys%28%27%29.json', { 'content-type': 'application/json', 'cache-control': 'max-age=300,  public' }, new Uint8Array([1, 2, 255]), undefined],
    ['a path that is encoded once more', 'events', 'GET', '/a%20b/c', {}, '', undefined],
    ['a query', 's3', 'GET', '/bucket?versions&prefix=a%20b%2Fc&marker=%2A', {}, '', 'token'],
  ])('of %s', async (_, service, method, path, headers, body, sessionToken) => {
    const url = new URL(path, 'https://service.example:8443');
    const client = new SecretsManagerClient({ region: 'eu-west-1', credentials: { ...CREDENTIALS, sessionToken }, signingEscapePath: service !== 's3' });
    const signer = await client.config.signer({ name: 'sigv4', signingName: service, signingRegion: 'eu-west-1', properties: {} });
    const given = { ...headers, host: url.host };
    const { headers: expected } = await signer.sign({
      method, protocol: 'https:', hostname: url.hostname, port: 8443, path: url.pathname, query: Object.fromEntries(url.searchParams), body, headers: given,
    }, { signingDate: DATE });
    const signed = sign({ method, url, headers, body }, { credentials: { ...CREDENTIALS, sessionToken }, service, region: 'eu-west-1', date: DATE });
    // The SDK signs the hash of the body as a header for every service.
    const { 'x-amz-content-sha256': theirs, ...others } = expected as Record<string, string>;
    if (service === 's3') {
      expect(signed).toEqual(expected);
    } else {
      const again = await signer.sign({
        method,
        protocol: 'https:',
        hostname: url.hostname,
        port: 8443,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        body,
        headers: { ...given, 'x-amz-content-sha256': theirs },
      }, { signingDate: DATE });
      const withHash = sign({ method, url, headers: { ...headers, 'x-amz-content-sha256': theirs }, body }, {
        credentials: { ...CREDENTIALS, sessionToken }, service, region: 'eu-west-1', date: DATE,
      });
      expect(withHash).toEqual(again.headers);
      expect(Object.keys(signed).sort()).toEqual(Object.keys(others).sort());
    }
  });
});

describe('endpoints', () => {
  /** The regions of every partition that the SDK knows, and some that it doesn't. */
  const REGIONS = [
    ...[...readFileSync(PARTITIONS, 'utf8').matchAll(/"([a-z]{2,4}(?:-[a-z]+)+-\d)": \{/g)].map(([, region]) => region),
    'eu-new-1', 'cn-new-1', 'us-gov-new-1', 'us-iso-new-1', 'us-isob-new-1', 'eu-isoe-new-1', 'us-isof-new-1', 'eusc-de-new-1',
  ];
  const CASES: [ServiceId, string, boolean, string, string][] = [
    ['events', 'eu-west-1', false, 'https://events.eu-west-1.amazonaws.com', 'eu-west-1'],
    ['events', 'us-gov-west-1', true, 'https://events.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['elasticache', 'eu-west-1', false, 'https://elasticache.eu-west-1.amazonaws.com', 'eu-west-1'],
    ['elasticache', 'us-east-1', true, 'https://elasticache-fips.us-east-1.amazonaws.com', 'us-east-1'],
    ['elasticache', 'us-gov-west-1', true, 'https://elasticache.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['memorydb', 'cn-north-1', false, 'https://memory-db.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['memorydb', 'us-gov-west-1', true, 'https://memory-db-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['lambda', 'eu-west-1', false, 'https://lambda.eu-west-1.amazonaws.com', 'eu-west-1'],
    ['lambda', 'us-east-1', true, 'https://lambda-fips.us-east-1.amazonaws.com', 'us-east-1'],
    ['lambda', 'us-gov-west-1', true, 'https://lambda-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['lambda', 'cn-north-1', false, 'https://lambda.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['sts', 'cn-northwest-1', false, 'https://sts.cn-northwest-1.amazonaws.com.cn', 'cn-northwest-1'],
    ['sts', 'us-east-2', true, 'https://sts-fips.us-east-2.amazonaws.com', 'us-east-2'],
    ['s3', 'eu-central-1', false, 'https://s3.eu-central-1.amazonaws.com', 'eu-central-1'],
    ['s3', 'us-gov-west-1', true, 'https://s3-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['iam', 'eu-west-1', false, 'https://iam.amazonaws.com', 'us-east-1'],
    ['iam', 'us-west-2', true, 'https://iam-fips.amazonaws.com', 'us-east-1'],
    ['iam', 'cn-northwest-1', false, 'https://iam.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['iam', 'us-gov-east-1', false, 'https://iam.us-gov.amazonaws.com', 'us-gov-west-1'],
    ['iam', 'us-gov-east-1', true, 'https://iam.us-gov.amazonaws.com', 'us-gov-west-1'],
    ['iam', 'us-iso-west-1', false, 'https://iam.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1'],
    ['iam', 'us-isob-east-1', false, 'https://iam.us-isob-east-1.sc2s.sgov.gov', 'us-isob-east-1'],
    ['iam', 'eu-isoe-west-1', false, 'https://iam.eu-isoe-west-1.cloud.adc-e.uk', 'eu-isoe-west-1'],
    ['iam', 'us-isof-east-1', false, 'https://iam.us-isof-south-1.csp.hci.ic.gov', 'us-isof-south-1'],
    ['iam', 'eusc-de-east-1', false, 'https://iam.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1'],
  ];

  // Compared with botocore 1.43 for 14 regions, with and without FIPS. They are the same wherever there is a FIPS endpoint.
  test.each(CASES)('of %s in %s (FIPS: %s) is %s', (service, region, fips, url, signingRegion) => {
    process.env.AWS_USE_FIPS_ENDPOINT = String(fips);
    expect(endpointOf(service, region)).toEqual({ url: new URL(url), signingRegion });
  });

  test.each(REGIONS)('of Secrets Manager in %s is that of the SDK', (region) => {
    const { config } = new SecretsManagerClient({});
    for (const [UseFIPS, UseDualStack] of [[false, false], [true, false], [false, true]]) {
      Object.assign(process.env, { AWS_USE_FIPS_ENDPOINT: String(UseFIPS), AWS_USE_DUALSTACK_ENDPOINT: String(UseDualStack) });
      const { url } = config.endpointProvider({ Region: region, UseFIPS, UseDualStack });
      expect(endpointOf('secretsmanager', region)).toEqual({ url, signingRegion: region });
    }
  });

  test('is the usual one if the variables are empty', () => {
    Object.assign(process.env, { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_STS: '' });
    expect(endpointOf('sts', 'eu-west-1').url.host).toBe('sts.eu-west-1.amazonaws.com');
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    expect(endpointOf('sts', 'eu-west-1').url.host).toBe('127.0.0.1:1');
  });

  test('may be given for one service or for all', () => {
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    process.env.AWS_ENDPOINT_URL_IAM = 'http://127.0.0.1:2';
    const found = (['iam', 'sts'] as const).map((service) => endpointOf(service, 'cn-north-1'));
    expect(found.map(({ url, signingRegion }) => [url.origin, signingRegion])).toEqual([['http://127.0.0.1:2', 'cn-north-1'], ['http://127.0.0.1:1', 'cn-north-1']]);
  });
});

describe('a call', () => {
  let server: Server;
  const requests: { method?: string; url?: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  /** The difference between the clock of the service and ours, in milliseconds. */
  let skew = 0;
  /** Whether the service refuses every request. */
  let refusesAll = false;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
      request.on('end', () => {
        requests.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
        const time = String(request.headers['x-amz-date']).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
        response.setHeader('date', new Date(Date.now() + skew).toUTCString());
        response.statusCode = refusesAll || Math.abs(Date.parse(time) - Date.now() - skew) > 300_000 ? 403 : 200;
        response.end(`<Code>C${response.statusCode}</Code>`);
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  });
  afterAll(async () => { await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }); });
  beforeEach(() => {
    requests.length = 0;
    skew = 0;
    refusesAll = false;
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'OWN', AWS_SECRET_ACCESS_KEY: 'example', AWS_SESSION_TOKEN: 'token' });
  });

  const { signal } = new AbortController();
  const call = () => signedCall();

  test('may put an object', async () => {
    const body = Buffer.from('{"keys":["é"]}');
    expect(await call()({ service: 's3', region: 'eu-west-1', method: 'PUT', path: '/bucket/a%20b.json', headers: { 'cache-control': 'max-age=300', 'connection': 'close' }, body }, signal))
      .toMatchObject({ status: 200, body: '<Code>C200</Code>', headers: { 'content-length': '17' } });
    expect(requests).toMatchObject([{ method: 'PUT', url: '/bucket/a%20b.json', headers: { 'cache-control': 'max-age=300', 'connection': 'close', 'content-length': String(body.length) }, body }]);
    expect(requests[0].headers.authorization).toContain('SignedHeaders=content-length;host;x-amz-content-sha256;x-amz-date;x-amz-security-token');
  });

  test('may use a key that is not that of the function, for the region of a global service', async () => {
    await call()({ service: 'iam', region: 'eu-west-1', headers: {}, body: '', credentials: CREDENTIALS }, signal);
    expect(requests[0].headers.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/iam\/aws4_request/);
    expect(requests[0].headers['x-amz-security-token']).toBeUndefined();
  });

  test.each([3_600_000, -3_600_000])('is signed again if the clock of the function is wrong, by %d ms, and the next one is right at once', async (difference) => {
    skew = difference;
    const one = call();
    const request = { service: 'sts', region: 'eu-west-1', headers: {}, body: '' } as const;
    expect(await one(request, signal)).toMatchObject({ status: 200 });
    expect(requests).toHaveLength(2);
    expect(await one(request, signal)).toMatchObject({ status: 200 });
    expect(requests).toHaveLength(3);
  });

  test('is not repeated if it is refused for another reason than the clock', async () => {
    refusesAll = true;
    expect(await call()({ service: 'sts', region: 'eu-west-1', headers: {}, body: '' }, signal)).toMatchObject({ status: 403 });
    expect(requests).toHaveLength(1);
  });
});

test.each([[0, 1], [1 - Number.EPSILON, 2]])('retries transient errors, while there is time; chance %d makes the delays %d times as long', async (chance, times) => {
  const random = jest.spyOn(Math, 'random').mockReturnValue(chance);
  const sleeps: number[] = [];
  const run = async (remaining: number, ...results: boolean[]) => {
    let n = 0;
    sleeps.length = 0;
    const deadline = new Deadline(() => remaining, async (pause) => { sleeps.push(Math.round(pause / times)); });
    const last = await retry(async () => results[n++], (failed) => failed, deadline);
    return [last, n, ...sleeps];
  };
  expect(await run(30_000, false)).toEqual([false, 1]);
  expect(await run(30_000, true, true, false)).toEqual([false, 3, 100, 400]);
  expect(await run(30_000, true, true, true, true, true)).toEqual([true, 4, 100, 400, 1_600]);
  expect(await run(1_000 + 150 * times, true, true, true)).toEqual([true, 2, 100]);
  random.mockRestore();
});

test.each<[number, string, string, boolean, boolean]>([
  [400, '<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>', 'Throttling', true, true],
  [429, '', 'UnknownError', true, true],
  [503, '<Error><Code>SlowDown</Code></Error>', 'SlowDown', true, true],
  [500, '<ErrorResponse><Error><Code>ServiceFailure</Code></Error></ErrorResponse>', 'ServiceFailure', true, false],
  [409, '<ErrorResponse><Error><Code>LimitExceeded</Code></Error></ErrorResponse>', 'LimitExceeded', false, false],
])('%i %s is %s, transient: %s, did nothing: %s', (status, body, name, passes, throttled) => {
  expect(xmlErrorName({ status, body })).toBe(name);
  expect([mayPass(status, name), isThrottled(status, name)]).toEqual([passes, throttled]);
});
