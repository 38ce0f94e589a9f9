import type { Value } from './api';
import type { CreateSecretContext, RotationContext, RotationModule } from '../../lambda-src/targets/own/api';

export type Context = RotationContext<Value>;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A call with a key, as its owner would make it. */
export type Call = (method: string, path: string, apiKey: string, body?: string) => Promise<Answer>;

export const callerOf = (url: string): Call => async (method, path, apiKey, body) => {
  const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${apiKey}` }, body });
  return { status: response.status, body: await response.text() };
};

export function expectStatus({ status }: Answer, ...expected: number[]): void {
  if (!expected.includes(status)) { throw new Error(`The API answered ${status}`); }
}

export const keyPath = (apiKey: string) => `/keys/${encodeURIComponent(apiKey)}`;

/** A correct module, for an API with three keys. */
export function correctModule(call: Call): Required<Omit<RotationModule<Value>, 'createSecret'>> {
  return {
    async setSecret({ pending, current }: Context) {
      expectStatus(await call('PUT', keyPath(pending.value.apiKey), current.value.apiKey), 200, 201);
    },
    async testSecret({ pending }: Context) {
      expectStatus(await call('GET', '/whoami', pending.value.apiKey), 200);
    },
    async finishSecret({ pending, previous }: Context) {
      if (previous) { expectStatus(await call('DELETE', keyPath(previous.value.apiKey), pending.value.apiKey), 200, 404); }
    },
  };
}

/** A correct module for an API that makes the keys. It revokes keys that no version has. */
export function issuingModule(call: Call): Required<RotationModule<Value>> {
  const base = correctModule(call);
  const revokeOthers = async (apiKey: string, known: readonly (string | undefined)[]) => {
    const { body } = await call('GET', '/keys', apiKey);
    for (const key of body.split('\n').filter((one) => !known.includes(one))) { expectStatus(await call('DELETE', keyPath(key), apiKey), 200, 404); }
  };
  return {
    ...base,
    async createSecret({ current, previous }: CreateSecretContext<Value>) {
      await revokeOthers(current.value.apiKey, [current.value.apiKey, previous?.value.apiKey]);
      const issued = await call('POST', '/issue', current.value.apiKey);
      expectStatus(issued, 201);
      return { ...current.value, apiKey: issued.body };
    },
    async setSecret() { /* it is accepted already */ },
    async finishSecret({ pending, current }: Context) {
      await revokeOthers(pending.value.apiKey, [pending.value.apiKey, current.value.apiKey]);
    },
  };
}
