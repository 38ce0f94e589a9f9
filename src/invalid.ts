import type { IConstruct } from 'constructs';

/** The error for a property: its name, what was given, what is allowed and what to do. */
export function invalid(property: string, problem: string): Error {
  const error = new Error(`${property}: ${problem}`);
  error.name = 'InvalidPropertyError';
  return error;
}

/** Runs an action before the construct exists, and names the construct in the errors about its properties. */
export function naming<T>(scope: IConstruct, id: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const path = [scope.node.path, id].filter((part) => part !== '').join('/');
    const { name, message } = error as Error;
    if (name !== 'InvalidPropertyError' || message.includes(path)) { throw error; }
    const named = new Error(`${message}. The construct is ${path}`);
    named.name = name;
    throw named;
  }
}
