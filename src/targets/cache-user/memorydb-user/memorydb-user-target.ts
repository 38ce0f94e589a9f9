import type { Generator } from '../../../value/generator';
import { CacheUserTargetDefinition, type CacheUserOptions } from '../cache-user-target';

/** A user of MemoryDB. */
export class MemoryDbUserTarget extends CacheUserTargetDefinition {
  constructor(policy: Generator, options: CacheUserOptions) {
    super({
      id: 'memorydb-user',
      factory: 'RotationTarget.memoryDbUser',
      calls: 'memory-db',
      actions: ['memorydb:DescribeUsers', 'memorydb:UpdateUser'],
      support: { strategy: 'two passwords', standIns: ['an API of our own over Valkey 8', 'the API of moto'], neverOn: ['Amazon MemoryDB'] },
      exampleArn: 'arn:aws:memorydb:eu-west-1:111122223333:user/app',
    }, policy, options);
  }
}
