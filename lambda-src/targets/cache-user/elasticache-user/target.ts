import { elastiCacheUser } from './api';
import type { HandlerConfig } from '../../../../src/contract';
import { parseCacheUserConfig } from '../../../../src/targets/cache-user/contract';
import type { SignedCall } from '../../../aws/signed-call';
import { connectRedis } from '../../../redis/connection';
import type { Target } from '../../../target';
import { CacheUserTarget, idsOf } from '../cache-user-target';

/** @throws Error if the configuration is that of another asset, or has no ARN of a user */
export function elastiCacheUserTarget(given: HandlerConfig, call: SignedCall): Target {
  const config = parseCacheUserConfig(given, 'elasticache-user');
  const { userId, region } = idsOf(config);
  return new CacheUserTarget(config, elastiCacheUser(userId, region, call), connectRedis);
}
