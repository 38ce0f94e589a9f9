/* The deployed file, invoked as by CloudFormation, with a real address for the answer. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CustomResourceEvent } from '../../lambda-src/custom-resource';
import { HANDLER, type GuardedProperties } from '../../src/contract';
import { FunctionProcess } from '../../tools/function-process';
import { failure } from '../harness';

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

const STACK_ID = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/app/1';
const TEMPLATE = '{"username":"user1","dbname":"orders-of-everybody"}';
const FIRST = { Generator: { secretStringTemplate: TEMPLATE, generateStringKey: 'password', passwordLength: 32 }, RegenerationGuard: '1' };

let log = '';
let guard: FunctionProcess;
let server: Server;
let answers: { readonly request: IncomingMessage; readonly body: string }[] = [];
/** The responses to the next answers, in order. */
let troubles: ('500' | 'cut')[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += String(chunk); });
    request.on('end', () => {
      const trouble = troubles.shift();
      if (trouble === 'cut') { request.socket.destroy(); return; }
      answers.push({ request, body });
      response.writeHead(trouble === '500' ? 500 : 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  guard = await FunctionProcess.start({
    environment: { _HANDLER: HANDLER, LAMBDA_TASK_ROOT: join(__dirname, '..', '..', 'assets', 'guard') },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:guard',
    timeoutMs: 30_000,
    onLine: ({ text }) => { log += `${text}\n`; },
  });
});
afterAll(async () => {
  await guard.kill();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => { [log, answers, troubles] = ['', [], []]; });

type Properties = Omit<GuardedProperties, 'Path'>;

/** One guard in a stack, with CloudFormation's state of it. */
class Deployed {
  private id?: string;
  private deployed?: Properties;

  /** An update. If it is refused, also its rollback, which CloudFormation gives up on if that fails too. */
  public async deploy(properties: Properties): Promise<Answer> {
    const before = this.deployed;
    const answer = await this.ask(this.id === undefined ? 'Create' : 'Update', properties, before);
    if (answer.Status === 'FAILED') { await this.rollBack(before!); }
    return answer;
  }

  /** A rollback to the previous properties. */
  public async rollBack(before: Properties): Promise<void> {
    expect(await this.ask('Update', before, this.deployed)).toMatchObject({ Status: 'SUCCESS' });
  }

  public remove(): Promise<Answer> {
    return this.ask('Delete', this.deployed!);
  }

  private async ask(requestType: CustomResourceEvent['RequestType'], properties: Properties, oldProperties?: Properties): Promise<Answer> {
    const address = server.address() as AddressInfo;
    const event: CustomResourceEvent = {
      RequestType: requestType,
      ResponseURL: `http://127.0.0.1:${address.port}/answer?Signature=do-not-show`,
      StackId: STACK_ID,
      RequestId: 'request-1',
      LogicalResourceId: 'AppRegenerationGuard',
      PhysicalResourceId: this.id,
      ResourceProperties: asCloudFormationSends({ ServiceToken: 'arn', Path: 'Stack/App', ...properties }),
      OldResourceProperties: oldProperties && asCloudFormationSends({ ServiceToken: 'arn', Path: 'Stack/App', ...oldProperties }),
    };
    this.deployed = properties;
    await guard.invoke(event);
    const answer = JSON.parse(answers.at(-1)!.body) as Answer;
    if (requestType === 'Update' && answer.PhysicalResourceId !== this.id) {
      // CloudFormation deletes a replaced resource afterwards.
      const allowedBefore = this.id;
      await guard.invoke({ ...event, RequestType: 'Delete', PhysicalResourceId: allowedBefore });
      expect(JSON.parse(answers.at(-1)!.body)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: allowedBefore });
    }
    this.id = answer.PhysicalResourceId;
    return answer;
  }
}

/** CloudFormation makes strings of all scalars. */
function asCloudFormationSends<T extends object>(properties: T): T {
  return JSON.parse(JSON.stringify(properties), (_, value: unknown) => typeof value === 'object' && value !== null ? value : String(value)) as T;
}

async function deployed(properties: Properties = FIRST): Promise<Deployed> {
  const stack = new Deployed();
  expect(await stack.deploy(properties)).toMatchObject({ Status: 'SUCCESS' });
  return stack;
}

const withGenerator = (changes: object, others: object = {}): Properties => ({ ...FIRST, ...others, Generator: { ...FIRST.Generator, ...changes } });

test('allows the first deployment, and answers in CloudFormation\'s format', async () => {
  const answer = await new Deployed().deploy(FIRST);
  expect(answer).toEqual({
    Status: 'SUCCESS',
    PhysicalResourceId: expect.stringMatching(/^[0-9a-f]{16}-[0-9a-f]{16}$/),
    StackId: STACK_ID,
    RequestId: 'request-1',
    LogicalResourceId: 'AppRegenerationGuard',
  });
  const [{ request, body }] = answers;
  expect([request.method, request.url]).toEqual(['PUT', '/answer?Signature=do-not-show']);
  // S3 compares both with the signature.
  expect(request.headers['content-type']).toBeUndefined();
  expect(request.headers['content-length']).toBe(String(Buffer.byteLength(body)));
});

test('the physical id of guarded secrets never changes', async () => {
  // If it changes, every guard refuses the next deployment.
  expect((await new Deployed().deploy(FIRST)).PhysicalResourceId).toBe('d6cd79a233a3955d-391552c099c101b1');
});

test.each<[string, Properties]>([
  ['the same', FIRST],
  ['the same in another order', { ...FIRST, Generator: Object.fromEntries(Object.entries(FIRST.Generator).reverse()) }],
  ['the guard alone', { ...FIRST, RegenerationGuard: '2' }],
])('allows a later deployment of %s', async (_, properties) => {
  const stack = await deployed();
  expect(await stack.deploy(properties)).toMatchObject({ Status: 'SUCCESS' });
  expect(await stack.deploy(FIRST)).toMatchObject({ Status: 'SUCCESS' });
});

describe.each<[string, Properties, string]>([
  ['the template', withGenerator({ secretStringTemplate: '{"username":"user1","dbname":"another-database"}' }), 'secretStringTemplate'],
  ['the policy', withGenerator({ passwordLength: 40, excludeCharacters: '!?' }), 'excludeCharacters, passwordLength'],
  ['the key', withGenerator({ generateStringKey: 'secret' }), 'generateStringKey'],
  ['the name', withGenerator({}, { SecretName: 'renamed-secret' }), 'secretName'],
])('a later deployment that changes %s', (_, properties, names) => {
  test('is refused with what it changes and what to do, and without a value', async () => {
    const stack = await deployed();
    const { Status, Reason } = await stack.deploy(properties);
    expect(Status).toBe('FAILED');
    expect(Reason).toContain(`what generates the value of Stack/App (${names}), so`);
    for (const part of ['regenerationGuard: ', 'The secret was not changed', 'firstPasswordPolicy', 'change regenerationGuard too', 'docs/changing-a-secret.md']) {
      expect(Reason).toContain(part);
    }
    for (const value of ['user1', 'orders-of-everybody', 'another-database', '!?', 'renamed-secret']) {
      expect(Reason).not.toContain(value);
      expect(log).not.toContain(value);
    }
    // The whole answer: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
    expect(Math.max(...answers.map(({ body }) => Buffer.byteLength(body)))).toBeLessThan(4096);
  });

  test('is refused again, and the deployed properties are still allowed', async () => {
    const stack = await deployed();
    for (const [next, status] of [[properties, 'FAILED'], [properties, 'FAILED'], [FIRST, 'SUCCESS'], [properties, 'FAILED']] as const) {
      expect((await stack.deploy(next)).Status).toBe(status);
    }
  });

  test('is allowed if the guard changes too, and so is its rollback; then the new properties are guarded', async () => {
    const stack = await deployed();
    const acknowledged = { ...properties, RegenerationGuard: '2' };
    expect(await stack.deploy(acknowledged)).toMatchObject({ Status: 'SUCCESS' });
    await stack.rollBack(FIRST);
    expect(await stack.deploy(properties)).toMatchObject({ Status: 'FAILED' });
    expect(await stack.deploy(acknowledged)).toMatchObject({ Status: 'SUCCESS' });
    expect(await stack.deploy({ ...FIRST, RegenerationGuard: '2' })).toMatchObject({ Status: 'FAILED' });
    expect(await stack.remove()).toMatchObject({ Status: 'SUCCESS' });
  });
});

test('allows the deletion of any resource', async () => {
  const stack = await deployed();
  expect(await stack.remove()).toMatchObject({ Status: 'SUCCESS' });
  await guard.invoke({
    RequestType: 'Delete',
    ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    StackId: STACK_ID,
    RequestId: 'request-2',
    LogicalResourceId: 'Guard',
    PhysicalResourceId: 'never-made',
    ResourceProperties: {},
  });
  expect(JSON.parse(answers.at(-1)!.body)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'never-made' });
});

test('repeats a lost answer', async () => {
  troubles = ['cut', '500'];
  await deployed();
  expect(answers).toHaveLength(2);
});

test('fails if no answer gets through, for Lambda to retry, and shows the address nowhere', async () => {
  troubles = ['500', '500', '500', '500', '500'];
  const error = await failure(new Deployed().deploy(FIRST).then(() => {}));
  expect(error.message).toContain('in 5 attempts');
  expect(error.message + log).not.toMatch(/do-not-show|127\.0\.0\.1/);
});

test('every log line is one JSON object', async () => {
  const stack = await deployed();
  await stack.deploy(withGenerator({ passwordLength: 40 }));
  const lines = log.trim().split('\n').map((line) => JSON.parse(line) as { readonly level: string; readonly message: string; readonly requestId: string });
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({ level: 'INFO', message: 'Create of AppRegenerationGuard: allowed', requestId: 'request-1' });
  expect(lines[1].message).toContain('passwordLength');
});
