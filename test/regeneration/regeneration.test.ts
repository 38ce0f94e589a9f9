/*
 * CloudFormation's effect if the generator of a value changes, and the effect of a rotation after it: the claims of docs/changing-a-secret.md.
 * Those about running databases are in databases/regeneration.test.ts.
 */
import { failure, Harness, passwordOf, type HarnessOptions } from '../harness';
import { recover, regenerate } from './regenerating';
import { databaseTarget } from '../../lambda-src/targets/database/target';
import type { RotationContext, RotationModule } from '../../lambda-src/targets/own/api';
import type { FunctionEvent } from '../../lambda-src/targets/own/function/function-event';
import { invokeTarget } from '../../lambda-src/targets/own/function/target';
import { moduleTarget } from '../../lambda-src/targets/own/module/target';

const TEMPLATE = { username: 'user1' };
const CHANGED = { username: 'user1', dbname: 'orders' };
const FIRST = JSON.stringify({ ...TEMPLATE, password: 'first-p4ssw0rd' });
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const POLICY = { generateStringKey: 'password', passwordPolicy: {} };

async function rotate(harness: Harness): Promise<void> {
  await harness.steps(harness.start(), ...STEPS);
  harness.simulator.completeRotation(harness.arn);
}

/** An API with one password, which accepts a new one only from a client with the current one. */
class Api {
  public password = 'first-p4ssw0rd';

  public change(withPassword: string | undefined, to: string): boolean {
    if (![withPassword, to].includes(this.password)) { return false; }
    this.password = to;
    return true;
  }
}

test('CloudFormation keeps the working value as AWSPREVIOUS, and only the keys of the template', () => {
  const harness = new Harness({ value: '{"username":"user1","password":"first-p4ssw0rd","host":"db.example.com"}' });
  const before = harness.secret.stages.AWSCURRENT;
  const after = regenerate(harness, CHANGED);
  expect(harness.secret.stages).toEqual({ AWSCURRENT: after, AWSPREVIOUS: before });
  expect(Object.keys(JSON.parse(harness.value('AWSCURRENT')))).toEqual(['username', 'dbname', 'password']);
});

test('a generated value keeps working, because no target has to accept it', async () => {
  const harness = new Harness({ value: FIRST });
  await rotate(harness);
  const regenerated = regenerate(harness, CHANGED);
  await rotate(harness);
  expect(harness.secret.stages.AWSPREVIOUS).toBe(regenerated);
  expect(JSON.parse(harness.value('AWSCURRENT'))).toEqual({ ...CHANGED, password: expect.any(String) });
});

describe.each<[string, (harness: () => Harness, api: Api, useWhich: 'current' | 'previous') => HarnessOptions]>([
  ['a module', (_, api, useWhich) => ({
    config: { target: 'module', ...POLICY },
    makeTarget: (config) => moduleTarget(config, {
      setSecret: async ({ pending, current, previous }: RotationContext<{ readonly password: string }>) => {
        const known = useWhich === 'current' ? [current] : [current, previous];
        return known.some((version) => api.change(version?.value.password, pending.value.password)) ? undefined : { status: 'failed', reason: 'no password works' };
      },
      testSecret: async () => {},
    } satisfies RotationModule<{ readonly password: string }> as RotationModule<unknown>, () => {}),
  })],
  ['a function', (harness, api, useWhich) => ({
    config: { target: 'invoke', functionArn: 'arn:aws:lambda:us-east-1:111122223333:function:target', ...POLICY },
    makeTarget: (config) => invokeTarget(config, () => async (payload) => {
      const { step, pendingVersionId, currentVersionId, previousVersionId } = JSON.parse(payload) as FunctionEvent;
      const known = useWhich === 'current' ? [currentVersionId] : [currentVersionId, previousVersionId];
      const isDone = step !== 'setSecret'
        || known.some((id) => api.change(id && passwordOf(harness().value(id)), passwordOf(harness().value(pendingVersionId))));
      return { isError: false, payload: isDone ? '{"status":"done"}' : '{"status":"failed","reason":"no password works"}' };
    }),
  })],
])('%s of your own', (_, optionsOf) => {
  const make = (useWhich: 'current' | 'previous') => {
    const api = new Api();
    const harness: Harness = new Harness({ value: FIRST, ...optionsOf(() => harness, api, useWhich) });
    return { api, harness };
  };

  test('that tries the previous value too repairs it with the next rotation', async () => {
    const { api, harness } = make('previous');
    await rotate(harness);
    regenerate(harness, CHANGED);
    expect(api.password).toBe(passwordOf(harness.value('AWSPREVIOUS')));
    await rotate(harness);
    expect(api.password).toBe(passwordOf(harness.value('AWSCURRENT')));
  });

  test('that knows only the current value fails, and works again after AWSCURRENT moved back', async () => {
    const { api, harness } = make('current');
    await rotate(harness);
    regenerate(harness, CHANGED);
    await expect(rotate(harness)).rejects.toThrow('no password works');
    recover(harness);
    expect(api.password).toBe(passwordOf(harness.value('AWSCURRENT')));
    await rotate(harness);
    expect(api.password).toBe(passwordOf(harness.value('AWSCURRENT')));
  });
});

test.each([['a single user', undefined], ['alternating users', 'superuser']])('%s whose secret lost the keys of attach makes no connection, and the error has the key', async (_, superuserSecretArn) => {
  const value = { engine: 'postgres', host: 'db.example.com', ...TEMPLATE, password: 'first-p4ssw0rd' };
  const harness = new Harness({
    value: JSON.stringify(value),
    config: { target: 'postgres', superuserSecretArn, passwordPolicy: {} },
    makeTarget: (config) => databaseTarget(config, {
      postgres: () => ({ engines: ['postgres'], defaultPort: 5432, userNameLimit: () => undefined, logIn: () => { throw new Error('It was dialled'); } }),
    }),
  });
  regenerate(harness, CHANGED);
  const error = await failure(harness.step(harness.start(), 'createSecret'));
  expect(error.name).toBe('SecretValueError');
  expect(error.message).toContain('"engine"');
  expect(harness.writes).toEqual([]);
  recover(harness);
  expect(JSON.parse(harness.value('AWSCURRENT'))).toEqual(value);
  await harness.step(harness.start(), 'createSecret');
  expect(harness.writes).toEqual(['PutSecretValue']);
});
