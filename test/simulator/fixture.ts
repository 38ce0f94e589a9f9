import type { SimulatorOptions } from '../../simulator/options';
import { SecretsManagerSimulator } from '../../simulator/secrets-manager';

/** Tokens that distinguish the versions of tests: `token('b')` is 32 times b. */
export const token = (letter: string) => letter.repeat(32);

export const LAMBDA_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';

/** A simulator with one secret, `app`, whose only version is `token('a')` with the value `one`. */
export function withSecret(options?: SimulatorOptions): { simulator: SecretsManagerSimulator; arn: string } {
  const simulator = new SecretsManagerSimulator(options);
  const arn = simulator.perform('CreateSecret', { Name: 'app', SecretString: 'one', ClientRequestToken: token('a') }).ARN!;
  return { simulator, arn };
}

/** The error that an action throws, as `Name: message`. Fails if it throws none. */
export function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return String(error);
  }
  throw new Error('Nothing was thrown');
}

/** The same for a promise. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown');
}
