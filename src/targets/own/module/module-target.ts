import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ModuleTargetConfig } from './contract';
import { moduleCode, readModule } from './module-bundle';
import type { Generator } from '../../../value/generator';
import { TargetDefinition } from '../../definition';

/** A module of the user's, bundled with the handler. */
export class ModuleTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.module';
  public override readonly makesOwnValue: boolean;
  private readonly module: ReturnType<typeof readModule>;

  constructor(given: Generator, entry: string) {
    super(given);
    this.module = readModule(entry);
    this.makesOwnValue = this.module.createsSecret;
  }

  public code(): lambda.Code {
    return moduleCode(this.module);
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): ModuleTargetConfig {
    return { target: 'module', generateStringKey, passwordPolicy };
  }
}
