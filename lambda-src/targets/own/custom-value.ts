import { checkNext } from './next-value';
import { isJsonObject } from '../../rotation/secret-value';
import { GeneratedTarget } from '../generated/target';

/** The rules for the value of a secret, and how the next one is made from the current one. */
export type CustomValue = Pick<GeneratedTarget, 'createValue' | 'validate' | 'checkNext' | 'isDerived'>;

/** A password from Secrets Manager, at a key or as the whole value. */
export function generatedValue(config: { readonly generateStringKey?: string }): CustomValue {
  return new GeneratedTarget(config);
}

/** A value that the target's own code makes. Only that code knows its rules. */
export const ownValue: Omit<CustomValue, 'createValue'> = {
  validate: () => {},
  checkNext: async (next, current, versionId) => checkNext(next, await current(), versionId),
  isDerived: () => true,
};

/** A value as the target's code gets it. */
export function parseValue(value: string): unknown {
  return isJsonObject(value) ? JSON.parse(value) : value;
}
