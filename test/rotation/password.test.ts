import { generatePassword } from '../../lambda-src/rotation/password';

const POLICY = { passwordLength: 4, excludePunctuation: true };

/** Returns the passwords in order, and counts them. */
function source(...passwords: string[]) {
  let asked = 0;
  return { random: async () => passwords[asked++], asked: () => asked };
}

const any = () => true;

test('takes the first password', async () => {
  const { random, asked } = source('aB34', 'cD56');
  expect(await generatePassword(POLICY, random, any)).toBe('aB34');
  expect(asked()).toBe(1);
});

test.each([
  ['misses the policy', 'aB3!', any],
  ['is empty', '', any],
  ['can not be used', 'aB34', (password: string) => password !== 'aB34'],
])('cases 21, 22: skips a password that %s', async (_, refused, isUsable) => {
  const { random, asked } = source(refused, 'cD56', 'eF78');
  expect(await generatePassword(POLICY, random, isUsable)).toBe('cD56');
  expect(asked()).toBe(2);
});

test('checks whether a password is usable only if it meets the policy', async () => {
  const seen: string[] = [];
  await generatePassword(POLICY, source('aB3!', 'cD56').random, (password) => seen.push(password) > 0);
  expect(seen).toEqual(['cD56']);
});

test('takes the fifth password', async () => {
  expect(await generatePassword(POLICY, source('', '', '', '', 'aB34').random, any)).toBe('aB34');
});

test('case 22: fails after five, without any of them in the error, with what to change', async () => {
  const { random, asked } = source('aB34', 'aB34', 'aB34', 'aB34', 'aB34', 'cD56');
  await expect(generatePassword(POLICY, random, (password) => password === 'cD56')).rejects.toMatchObject({
    name: 'PasswordGenerationError',
    message: 'GetRandomPassword gave no password in 5 attempts that meets the policy and differs from the current one. '
      + 'Allow more characters or a greater length in the password policy',
  });
  expect(asked()).toBe(5);
});
