import { invalidParameter } from '../errors';
import { randomInteger } from '../random';
import type { Implementation } from './context';

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

export const getRandomPassword: Implementation<'GetRandomPassword'> = ({ random }, input) => {
  const length = input.PasswordLength ?? 32;
  const excluded = new Set(input.ExcludeCharacters);
  const allowed = (characters: string) => [...characters].filter((character) => !excluded.has(character));
  const types = [
    ...input.ExcludeLowercase ? [] : [allowed(LOWERCASE)],
    ...input.ExcludeUppercase ? [] : [allowed(UPPERCASE)],
    ...input.ExcludeNumbers ? [] : [allowed(NUMBERS)],
    ...input.ExcludePunctuation ? [] : [allowed(PUNCTUATION)],
  ];
  const pool = [...types.flat(), ...input.IncludeSpace ? allowed(' ') : []];
  if (pool.length === 0) { throw invalidParameter('All characters have been excluded from selection.'); }
  const required = input.RequireEachIncludedType ?? true;
  if (required && (types.length === 0 || types.some((type) => type.length === 0))) {
    throw invalidParameter('All characters of the desired type have been excluded.');
  }
  if (required && length < types.length) {
    throw invalidParameter('Password length is too short based on the required types.');
  }
  const pick = (characters: string[]) => characters[randomInteger(random, characters.length)];
  const characters = required ? types.map(pick) : [];
  while (characters.length < length) { characters.push(pick(pool)); }
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInteger(random, last + 1);
    [characters[last], characters[other]] = [characters[other], characters[last]];
  }
  return { output: { RandomPassword: characters.join('') } };
};
