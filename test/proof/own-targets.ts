import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { HandlerDependencies, Server, Subject } from './subjects';
import { makeHandler } from '../../lambda-src/handler';
import type { RotationContext, RotationModule } from '../../lambda-src/targets/custom/api';
import type { FunctionEvent } from '../../lambda-src/targets/custom/function-event';
import { InvokeTarget } from '../../lambda-src/targets/custom/invoke';
import { ModuleTarget } from '../../lambda-src/targets/custom/module';
import type { InvokeTargetConfig } from '../../src/private/handler-contract';

interface Value {
  readonly client: string;
  readonly apiKey: string;
}

const FIRST: Value = { client: 'app', apiKey: 'first-key-of-all' };
const FUNCTION = { functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:target', generateStringKey: 'apiKey' };

/** An API that takes so many keys of a client at a time, and refuses one more. */
class Api implements Server {
  public readonly alwaysAcceptsCurrent = true;
  private keys = new Set([FIRST.apiKey]);

  constructor(private readonly most: number) {}

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

/** What the owner of a client writes whose API takes three keys: the previous one is revoked when the rotation is over. */
function moduleOf(api: Api, perform: HandlerDependencies['perform']): RotationModule<Value> {
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

/** The same of an API that takes two keys: the previous one has to go before there is room for the next. */
function functionOf(api: Api, { client, perform }: HandlerDependencies): (payload: string) => Promise<string> {
  return async (payload) => {
    const { step, secretId, pendingVersionId, previousVersionId } = JSON.parse(payload) as FunctionEvent;
    const read = async (VersionId: string, VersionStage: string) =>
      keyOf((await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionId, VersionStage }))).SecretString!)!;
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

function moduleSubject(name: string, make: (api: Api, perform: HandlerDependencies['perform']) => RotationModule<Value>): Subject {
  const api = new Api(3);
  return {
    ...shared,
    name,
    server: api,
    config: { target: 'module', generateStringKey: 'apiKey', passwordPolicy: {} },
    makeHandler: (dependencies) =>
      makeHandler(() => new ModuleTarget(make(api, dependencies.perform) as RotationModule<unknown>, { generateStringKey: 'apiKey' }, () => {}), dependencies),
  };
}

function functionSubject(name: string): Subject {
  const api = new Api(2);
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

/** Targets of one's own, written as their owners would: every call of theirs is a boundary too. */
export const OWN_TARGETS: readonly Subject[] = [
  moduleSubject('a module, three keys at a time', moduleOf),
  functionSubject('a function, two keys at a time'),
];

/** A module that doesn't wait for the end of the rotation to revoke what readers still have. */
export const HASTY_TARGET = moduleSubject('a module that revokes the current key', (api, perform) => ({
  ...moduleOf(api, perform),
  finishSecret: ({ current }: RotationContext<Value>) => perform('revoke a key', 'write', async () => { api.revoke(current.value.apiKey); }),
}));

function keyOf(value: string): string | undefined {
  try {
    return (JSON.parse(value) as Value).apiKey;
  } catch {
    return undefined;
  }
}
