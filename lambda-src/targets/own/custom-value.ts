import { checkNext } from './next-value';
import { isJsonObject } from '../../rotation/secret-value';
import { GeneratedTarget } from '../generated/target';

/** What the value of a secret has to be, and how the next one comes from the current one. */
export type CustomValue = Pick<GeneratedTarget, 'createValue' | 'validate' | 'checkNext' | 'isDerived'>;

/** A password in a key, or as the whole, by Secrets Manager. */
export function generatedValue(config: { readonly generateStringKey?: string }): CustomValue {
  return new GeneratedTarget(config);
}

/** Made by the target itself, which alone knows what it may be. */
export const ownValue: Omit<CustomValue, 'createValue'> = {
  validate: () => {},
  checkNext: async (next, current, versionId) => checkNext(next, await current(), versionId),
  isDerived: () => true,
};

/** A value as the target's code sees it. */
export function parseValue(value: string): unknown {
  return isJsonObject(value) ? JSON.parse(value) : value;
}
