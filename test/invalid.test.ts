import { invalid } from '../src/invalid';

test('the error for a property has a name of its own, and begins with the property', () => {
  const error = invalid('window', 'is 25 hours');
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe('InvalidPropertyError: window: is 25 hours');
});
