import { Deadline } from '../../../lambda-src/rotation/deadline';
import type { SecretValues, Target } from '../../../lambda-src/target';
import { GeneratedTarget } from '../../../lambda-src/targets/generated/target';

const absent = async () => { throw new Error('Nothing else is needed'); };
const values = (value: string): SecretValues => ({ ids: { secretId: 'secret', pending: 'new', current: 'old' }, pending: async () => value, current: absent, pendingIfAny: async () => value, known: async () => [], previous: absent, ofSecret: absent, checkInProgress: absent });
const DEADLINE = new Deadline(() => 30_000);

/** Generates passwords until one is usable, as the rotation does. */
const passwords = (...list: string[]) => async (isUsable: (password: string) => boolean) => {
  const found = list.find(isUsable);
  if (found === undefined) { throw new Error('none is usable'); }
  return found;
};

describe('a key of a JSON object', () => {
  const target = new GeneratedTarget({ generateStringKey: 'password' });
  const current = '{ "password": "old", "user": "a" }';

  test('gets another password, and all else stays the same', async () => {
    expect(await target.createValue({ current, generatePassword: passwords('old', 'new') })).toBe('{ "password": "new", "user": "a" }');
  });

  test('may get a password that is a JSON object', async () => {
    expect(await target.createValue({ current, generatePassword: passwords('{}') })).toBe('{ "password": "{}", "user": "a" }');
  });

  test.each(['text', '{}', '{"password":5}'])('is not in %j, and no password is made for it', async (value) => {
    const generatePassword = jest.fn();
    await expect(target.createValue({ current: value, generatePassword })).rejects.toMatchObject({ name: 'SecretValueError' });
    expect(generatePassword).not.toHaveBeenCalled();
    expect(() => target.validate(value)).toThrow(expect.objectContaining({ name: 'SecretValueError' }));
    await expect(target.testSecret(values(value))).rejects.toMatchObject({ name: 'SecretValueError' });
  });

  test('is valid with any string', async () => {
    target.validate(current);
    await expect(target.testSecret(values(current))).resolves.toBeUndefined();
  });

  test('is the only part that may differ', () => {
    expect(target.isDerived(current.replace('old', 'new'), current)).toBe(true);
    expect(target.isDerived(current.replace('"a"', '"b"'), current)).toBe(false);
  });
});

describe('a whole string', () => {
  const target = new GeneratedTarget({});

  test('becomes another password, which is neither a JSON object nor an array', async () => {
    expect(await target.createValue({ current: 'old', generatePassword: passwords('old', '{}', '[]', 'new', 'newer') })).toBe('new');
  });

  test.each(['text', '', '[', '5', '"quoted"', 'null', '{'])('may be %j', async (value) => {
    target.validate(value);
    await expect(target.testSecret(values(value))).resolves.toBeUndefined();
    expect(await target.createValue({ current: value, generatePassword: passwords('new') })).toBe('new');
  });

  test('is not a JSON object, because a password in its place would lock its readers out', async () => {
    const refusal = {
      name: 'SecretValueError',
      message: 'The value of the secret is a JSON object, and generateStringKey is not set; a password in its place '
        + 'would lock its readers out. Set generateStringKey, or make the value a plain string',
    };
    expect(() => target.validate('{"password":"old"}')).toThrow(expect.objectContaining(refusal));
    await expect(target.testSecret(values('{}'))).rejects.toMatchObject(refusal);
    const generatePassword = jest.fn();
    await expect(target.createValue({ current: '{"password":"old"}', generatePassword })).rejects.toMatchObject(refusal);
    expect(generatePassword).not.toHaveBeenCalled();
  });

  test('may differ completely', () => {
    expect(target.isDerived('new', 'old')).toBe(true);
  });
});

test('setSecret does nothing, and does not read the value', async () => {
  const pending = jest.fn();
  const target: Target = new GeneratedTarget({});
  await target.setSecret({ ...values(''), pending }, DEADLINE);
  expect(pending).not.toHaveBeenCalled();
});
