import fc from 'fast-check';
import { Mask } from '../../../lambda-src/targets/own/mask';

const PASSWORD = 'correct"horse+battery/staple é';
const VALUE = JSON.stringify({ username: 'user1', password: PASSWORD, nested: { port: 54321, list: ['tokens-0123456789'] }, short: 'ab', no: null, yes: true });
const mask = new Mask([VALUE, 'a plain string']);

test.each([
  ['a password', `the password ${PASSWORD} is wrong`, 'the password *** is wrong'],
  ['a part of it', 'Unexpected token in <horse+batt>', 'Unexpected token in <***>'],
  ['a name', 'user1 may not log in', '*** may not log in'],
  ['a number', 'connect to port 54321', 'connect to port ***'],
  ['something deep within', 'Bearer tokens-0123456789.', 'Bearer ***.'],
  ['a value that is no JSON', 'got "a plain string"', 'got "***"'],
  ['a value as JSON has it', JSON.stringify({ p: PASSWORD }), '{"p":"***"}'],
  ['a value as an address has it', `GET /login?p=${encodeURIComponent(PASSWORD)}&x=1`, 'GET /login?p=***&x=1'],
  ['a value in hexadecimal', Buffer.from(PASSWORD).toString('hex'), '***'],
  ['a value in capital hexadecimal', Buffer.from(PASSWORD).toString('hex').toUpperCase(), '***'],
  ['a value as a list of bytes in hexadecimal', `<Buffer ${Buffer.from(PASSWORD).toString('hex').match(/../g)!.join(' ')}>`, '<Buffer ***>'],
  ['a value as a list of bytes in decimal', JSON.stringify(Buffer.from(PASSWORD)), '{"type":"Buffer","data":[***]}'],
  ['a value in the other case', `the host ${PASSWORD.toUpperCase()} is unknown`, 'the host *** is unknown'],
  ['a value in base64 whose case was lost', Buffer.from(PASSWORD).toString('base64').toLowerCase().replace(/=+$/, '').slice(0, -1), '***'],
  ['a value in escapes of every character', [...PASSWORD].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''), '***'],
  ['a value in capital escapes', [...PASSWORD].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`).join(''), '***'],
  ['a value with some characters escaped', 'got "correct\\u0022horse\\u002bbattery\\/staple \\u00e9"', 'got "***"'],
  ['a value in JSON in JSON', JSON.stringify(JSON.stringify({ p: PASSWORD })), '"{\\"p\\":\\"***\\"}"'],
  ['a value as a form has it', `p=${String(new URLSearchParams([['p', PASSWORD]])).slice(2)}&x=1`, 'p=***&x=1'],
  ['a value as an address has it in small letters', `p=${encodeURIComponent(PASSWORD).toLowerCase()}&x=1`, 'p=***&x=1'],
  ['a value as HTML has it', 'for correct&quot;horse&#43;battery&#x2F;staple &#233;.', 'for ***.'],
])('hides %s', (_, text, masked) => {
  expect(mask.apply(text)).toBe(masked);
});

test.each(['', 'a', 'ab', 'abc', 'admin:'])('hides a value in base64 at any position in a longer text: after %j', (before) => {
  const encoded = Buffer.from(`${before}${PASSWORD}@host`);
  for (const form of ['base64', 'base64url'] as const) {
    const masked = mask.apply(`Basic ${encoded.toString(form)}`);
    expect(masked).toMatch(/^Basic [\w+/-]{0,12}\*\*\*[\w+/=-]{0,12}$/);
  }
});

test('keeps text that is in no value, and parts that are too short', () => {
  expect(mask.apply('The cab is true, null and done; the horses ran')).toBe('The cab is true, null and done; the horses ran');
  expect(new Mask([]).apply(PASSWORD)).toBe(PASSWORD);
});

test('no six characters in a row of a value are left in any text', () => {
  const words = fc.string({ minLength: 6, maxLength: 40 }).filter((word) => !word.includes('*'));
  fc.assert(fc.property(words, fc.string(), fc.string(), (secret, before, after) => {
    const masked = new Mask([JSON.stringify({ secret })]).apply(before + secret + after);
    for (let start = 0; start + 6 <= secret.length; start++) { expect(masked).not.toContain(secret.slice(start, start + 6)); }
  }));
});
