import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import { ACTIONS, makeEvent, parseReply, type FunctionStep } from '../../../../lambda-src/targets/own/function/function-event';

const DOCS = join(__dirname, '..', '..', '..', '..', 'docs');
const schemaOf = (name: string) => JSON.parse(readFileSync(join(DOCS, `target-function-${name}.schema.json`), 'utf8')) as object;
const ajv = new Ajv({ allErrors: true, strict: true });
const isEvent = ajv.compile(schemaOf('event'));
const isReply = ajv.compile(schemaOf('reply'));

const IDS = { secretId: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-AbCdEf', pending: 'new', current: 'old', previous: 'older', rotationToken: 'token' };
const STEPS = Object.keys(ACTIONS) as FunctionStep[];
/** As sent over the network. */
const sent = (step: FunctionStep, ids: Parameters<typeof makeEvent>[1] = IDS) =>
  JSON.parse(JSON.stringify(makeEvent(step, ids, 12_345.6))) as Record<string, unknown>;

describe('the event', () => {
  test.each(STEPS)('of %s matches its schema, with all optional fields and with only the required ones', (step) => {
    for (const event of [sent(step), sent(step, { secretId: IDS.secretId, pending: 'new', current: 'old' })]) {
      isEvent(event);
      expect(isEvent.errors).toBeNull();
    }
  });

  test('has the ids, the time and what to do, and nothing outside the schema', () => {
    const { properties } = schemaOf('event') as { properties: object };
    expect(sent('createSecret')).toEqual({
      eventVersion: 1,
      step: 'createSecret',
      action: ACTIONS.createSecret,
      secretId: IDS.secretId,
      pendingVersionId: 'new',
      currentVersionId: 'old',
      previousVersionId: 'older',
      remainingTimeInMillis: 12_345,
      rotationToken: 'token',
    });
    expect(Object.keys(sent('createSecret')).sort()).toEqual(Object.keys(properties).sort());
  });

  test('in the documentation matches the schema', () => {
    const [, sample] = /```json\n([^]*?)```/.exec(readFileSync(join(DOCS, 'target-function.md'), 'utf8'))!;
    isEvent(JSON.parse(sample));
    expect(isEvent.errors).toBeNull();
    expect(JSON.parse(sample)).toMatchObject({ action: ACTIONS.setSecret });
  });

  test('has a rotation token only if a value may be put', () => {
    expect(STEPS.filter((step) => 'rotationToken' in sent(step))).toEqual(['createSecret']);
  });

  test.each(Object.keys(sent('setSecret', { secretId: 's', pending: 'new', current: 'old' })))('without %s is invalid, and a new field has no effect', (field) => {
    const event = sent('setSecret');
    expect(isEvent({ ...event, [`${field}New`]: 1 })).toBe(true);
    delete event[field];
    expect(isEvent(event)).toBe(false);
    expect(isEvent.errors).toEqual([expect.objectContaining({ keyword: 'required', params: { missingProperty: field } })]);
  });
});

describe('the reply', () => {
  test.each([
    [{ status: 'done' }], [{ status: 'done', later: [1] }], [{ status: 'notYet' }], [{ status: 'done', reason: null, retryAfterMillis: null }], [{ status: 'notYet', reason: 'r', retryAfterMillis: 5, later: 1 }], [{ status: 'failed', reason: 'r' }],
  ])('%j is valid, by the schema and by the handler', (reply) => {
    expect(isReply(reply)).toBe(true);
    expect(parseReply('it', JSON.stringify(reply))).toEqual(reply);
  });

  test.each<[unknown, string]>([
    [{}, 'has no status'], [{ state: 'p4ssw0rd' }, 'has no status'], [{ status: 'ok' }, 'has a status'], [{ status: 'failed' }, 'no reason'], [{ status: 'failed', reason: 1 }, 'reason'],
    [{ status: 'notYet', retryAfterMillis: -1 }, 'retryAfterMillis'], [null, 'not an object'], ['done', 'not an object'], [[], 'not an object'],
  ])('%j is invalid, by the schema and by the handler, with what is wrong and without its content', (reply, problem) => {
    expect(isReply(reply)).toBe(false);
    const parse = () => parseReply('setSecret of the function f', JSON.stringify(reply));
    expect(parse).toThrow(expect.objectContaining({ name: 'TargetFunctionReplyError', message: expect.stringMatching(`^The reply of setSecret of the function f .*${problem}`) }));
    expect(parse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('p4ssw0rd') }));
  });

  test.each(['', 'p4ssw0rd', '{"p4ssw0rd":', '<html>'])('%j is not JSON', (payload) => {
    expect(() => parseReply('it', payload)).toThrow(expect.objectContaining({ message: expect.stringContaining('The reply of it is not JSON') }));
    if (payload !== '') { expect(() => parseReply('it', payload)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(payload) })); }
  });
});
