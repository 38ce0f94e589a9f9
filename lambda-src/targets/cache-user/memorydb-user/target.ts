import { memoryDbUser } from './api';
import type { HandlerConfig } from '../../../../src/contract';
import { parseCacheUserConfig } from '../../../../src/targets/cache-user/contract';
import type { SignedCall } from '../../../aws/signed-call';
import { connectRedis } from '../../../redis/connection';
import type { Target } from '../../../target';
import { CacheUserTarget, idsOf } from '../cache-user-target';

/** @throws Error if the configuration is that of another asset, or has no ARN of a user */
export function memoryDbUserTarget(given: HandlerConfig, call: SignedCall): Target {
  const config = parseCacheUserConfig(given, 'memorydb-user');
  const { userId, region } = idsOf(config);
  return new CacheUserTarget(config, memoryDbUser(userId, region, call), connectRedis);
}
