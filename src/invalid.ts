/** The error for a property that can't work: its name, and what was given, what is allowed and what to do. */
export function invalid(property: string, problem: string): Error {
  const error = new Error(`${property}: ${problem}`);
  error.name = 'InvalidPropertyError';
  return error;
}
