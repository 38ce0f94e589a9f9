import { AsyncLocalStorage } from 'node:async_hooks';
import type { HandlerDependencies, Perform, Server, Subject } from './subjects';
import type { Invariant } from './world';
import * as exampleModule from '../../examples/custom-target/api-key';
import { KeyApi } from '../../examples/custom-target/key-api';
import { makeHandler } from '../../lambda-src/handler';
import type { RotationContext, RotationModule } from '../../lambda-src/targets/own/api';
import type { FunctionEvent } from '../../lambda-src/targets/own/function/function-event';
import { InvokeTarget } from '../../lambda-src/targets/own/function/target';
import { ModuleTarget } from '../../lambda-src/targets/own/module/target';
import type { Step } from '../../simulator';
import type { InvokeTargetConfig } from '../../src/targets/own/function/contract';

interface Value {
  readonly client: string;
  readonly apiKey: string;
}

const FIRST: Value = { client: 'app', apiKey: 'first-key-of-all' };
const FUNCTION = { functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:target', generateStringKey: 'apiKey' };

/** An API with a limit of keys for a client, which refuses one more. */
class Api implements Server {
  public readonly alwaysAcceptsCurrent = true;
  private keys = new Set([FIRST.apiKey]);

  constructor(private readonly most: number, public readonly revokesPreviousIn: Step) {}

  public async reset(): Promise<void> {
    this.keys = new Set([FIRST.apiKey]);
  }

  public async accepts(value: string): Promise<boolean> {
    return this.has(keyOf(value)!);
  }

  public add(key: string): void {
    if (this.keys.size >= this.most && !this.keys.has(key)) { throw new Error('There are as many keys as there may be'); }
    this.keys.add(key);
  }

  public revoke(key: string): void {
    this.keys.delete(key);
  }

  public has(key: string): boolean {
    return this.keys.has(key);
  }
}

/** A module for an API with three keys: the previous one is revoked at the end of the rotation. */
function moduleOf(api: Api, perform: Perform): RotationModule<Value> {
  return {
    setSecret: ({ pending }: RotationContext<Value>) => perform('add a key', 'write', async () => { api.add(pending.value.apiKey); }),
    async testSecret({ pending }: RotationContext<Value>) {
      if (!await perform('use a key', 'read', async () => api.has(pending.value.apiKey))) { throw new Error('The key is refused'); }
    },
    async finishSecret({ previous }: RotationContext<Value>) {
      if (previous) { await perform('revoke a key', 'write', async () => { api.revoke(previous.value.apiKey); }); }
    },
  };
}

/** A module for an API with two keys: the previous one must be revoked before there is room for the next. */
function functionOf(api: Api, { client, perform }: HandlerDependencies): (payload: string) => Promise<string> {
  return async (payload) => {
    const { step, secretId, pendingVersionId, previousVersionId } = JSON.parse(payload) as FunctionEvent;
    const read = async (VersionId: string, VersionStage: string) =>
      keyOf((await client.send('GetSecretValue', { SecretId: secretId, VersionId, VersionStage })).SecretString!)!;
    const pending = await read(pendingVersionId, 'AWSPENDING');
    if (step === 'testSecret') {
      const accepted = await perform('use a key', 'read', async () => api.has(pending));
      return JSON.stringify(accepted ? { status: 'done' } : { status: 'failed', reason: 'The key is refused' });
    }
    const previous = previousVersionId && await read(previousVersionId, 'AWSPREVIOUS');
    if (previous) { await perform('revoke a key', 'write', async () => { api.revoke(previous); }); }
    await perform('add a key', 'write', async () => { api.add(pending); });
    return '{"status":"done"}';
  };
}

const shared = {
  value: JSON.stringify(FIRST),
  secretOf: keyOf,
  restOf: (value: string) => JSON.stringify({ ...JSON.parse(value || '{}'), apiKey: '' }),
  changedByHand: (value: string, n: number) => JSON.stringify({ ...JSON.parse(value), apiKey: `by-hand-key-${n}` }),
};

function moduleSubject(name: string, make: (api: Api, perform: Perform) => RotationModule<Value>): Subject {
  const api = new Api(3, 'finishSecret');
  return { ...shared, name, server: api, ...handlerOfModule((perform) => make(api, perform)) };
}

function handlerOfModule(make: (perform: Perform) => RotationModule<Value>): Pick<Subject, 'config' | 'makeHandler'> {
  return {
    config: { target: 'module', generateStringKey: 'apiKey', passwordPolicy: {} },
    makeHandler: (dependencies) =>
      makeHandler(() => new ModuleTarget(make(dependencies.perform) as RotationModule<unknown>, { generateStringKey: 'apiKey' }, () => {}), dependencies),
  };
}

function functionSubject(name: string): Subject {
  const api = new Api(2, 'setSecret');
  const config: InvokeTargetConfig = { target: 'invoke', ...FUNCTION, passwordPolicy: {} };
  return {
    ...shared,
    name,
    server: api,
    config,
    makeHandler: (dependencies) => {
      const run = functionOf(api, dependencies);
      const invoke = (payload: string) => {
        const kind = (JSON.parse(payload) as FunctionEvent).step === 'testSecret' ? 'read' : 'write';
        return dependencies.perform('invoke', kind, async () => ({ isError: false, payload: await run(payload) }));
      };
      return makeHandler(() => new InvokeTarget(config, invoke), dependencies);
    },
  };
}

/** The API of examples/custom-target, without the network. */
class ExampleApi implements Server {
  public readonly alwaysAcceptsCurrent = true;
  public readonly revokesPreviousIn = 'finishSecret';
  private api = new KeyApi();

  public async reset(): Promise<void> {
    this.api = new KeyApi();
    this.api.addClient(FIRST.client, FIRST.apiKey);
  }

  public async accepts(value: string): Promise<boolean> {
    return this.answer('GET /whoami', keyOf(value)!).status === 200;
  }

  public fetch(perform: Perform, url: string, { method, headers }: { method: string; headers: { authorization: string } }): Promise<Response> {
    const request = `${method} ${new URL(url).pathname}`;
    return perform(request, method === 'GET' ? 'read' : 'write', async () => this.answer(request, headers.authorization));
  }

  private answer(request: string, authorization: string): Response {
    const { status, body } = this.api.answer(request, authorization);
    return new Response(body && JSON.stringify(body), { status });
  }
}

/** The module of examples/custom-target, unchanged. Its `fetch` goes to the running copy of the handler. */
function exampleSubject(name: string): Subject {
  const server = new ExampleApi();
  const running = new AsyncLocalStorage<Perform>();
  const realFetch = globalThis.fetch;
  const { makeHandler: make, ...rest } = handlerOfModule(() => exampleModule);
  return {
    ...shared,
    ...rest,
    name,
    server,
    makeHandler: (dependencies) => {
      process.env.KEY_API_URL = 'https://keys.example.com';
      globalThis.fetch = ((url: string, init: never) => {
        const perform = running.getStore();
        return perform ? server.fetch(perform, url, init) : realFetch(url, init);
      }) as typeof fetch;
      const handler = make(dependencies);
      return (event, context) => running.run(dependencies.perform, () => handler(event, context));
    },
  };
}

/** Keys are revoked by their age, also those of abandoned rotations. */
export const EXAMPLE_TARGET = exampleSubject('the module of examples/custom-target');

/** Targets of your own, written like those of users. Every call of theirs is a boundary too. */
export const OWN_TARGETS: readonly Subject[] = [
  moduleSubject('a module, three keys at a time', moduleOf),
  functionSubject('a function, two keys at a time'),
  EXAMPLE_TARGET,
];

/** Modules that revoke the key of readers, or never revoke. */
export const NAIVE_TARGETS: readonly { readonly subject: Subject; readonly breaks: Invariant }[] = [
  naive('a module that revokes the current key', 'accepted', (api, perform) => ({
    finishSecret: ({ current }) => perform('revoke a key', 'write', async () => { api.revoke(current.value.apiKey); }),
  })),
  naive('a module that revokes the previous key before it has to', 'overlaps', (api, perform) => ({
    async setSecret(context) {
      await moduleOf(api, perform).finishSecret!(context);
      await moduleOf(api, perform).setSecret(context);
    },
  })),
  naive('a module that revokes no key', 'overlaps', () => ({ finishSecret: undefined })),
];

function naive(name: string, breaks: Invariant, wrong: (api: Api, perform: Perform) => Partial<RotationModule<Value>>) {
  return { subject: moduleSubject(name, (api, perform) => ({ ...moduleOf(api, perform), ...wrong(api, perform) })), breaks };
}

function keyOf(value: string): string | undefined {
  try {
    return (JSON.parse(value) as Value).apiKey;
  } catch {
    return undefined;
  }
}
