import * as errors from '../../lambda-src/rotation/errors';

test.each(Object.entries(errors))('%s is a rotation error with its own name', (name, ErrorClass) => {
  const error = new ErrorClass('what to do');
  expect(error).toBeInstanceOf(errors.RotationError);
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe(name);
  expect(error.message).toBe('what to do');
  expect(error.stack).toContain('what to do');
});
