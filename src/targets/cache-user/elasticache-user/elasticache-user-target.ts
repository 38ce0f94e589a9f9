import type { Generator } from '../../../value/generator';
import { CacheUserTargetDefinition, type CacheUserOptions } from '../cache-user-target';

/** A user of ElastiCache. */
export class ElastiCacheUserTarget extends CacheUserTargetDefinition {
  constructor(policy: Generator, options: CacheUserOptions) {
    super({
      id: 'elasticache-user',
      factory: 'RotationTarget.elastiCacheUser',
      calls: 'elasticache',
      actions: ['elasticache:DescribeUsers', 'elasticache:ModifyUser'],
      support: { strategy: 'two passwords', standIns: ['an API of our own over Valkey 8'], neverOn: ['Amazon ElastiCache'] },
      exampleArn: 'arn:aws:elasticache:eu-west-1:111122223333:user:app',
    }, policy, options);
  }
}
