import { randomInt } from 'node:crypto';
import { SecretsManagerSimulator } from '../simulator';

export const REGION = 'us-east-1';
export const ACCOUNT = '111122223333';

/** A Secrets Manager with the time and the chance of this machine. */
export function makeSimulator(): SecretsManagerSimulator {
  return new SecretsManagerSimulator({ region: REGION, account: ACCOUNT, now: Date.now, random: () => randomInt(2 ** 32) / 2 ** 32 });
}
