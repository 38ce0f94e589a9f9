import { Annotations } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ModuleTargetConfig } from './contract';
import { moduleCode, readModule } from './module-bundle';
import type { FunctionCode } from '../../../function/shipped-code';
import type { Generator } from '../../../value/generator';
import { TargetDefinition, type TargetBinding } from '../../definition';

/** The user's module, bundled with the handler. */
export class ModuleTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.module';
  public readonly support = { strategy: 'yours', noServer: 'The server is yours' };
  public override readonly makesOwnValue: boolean;
  private readonly module: ReturnType<typeof readModule>;

  constructor(given: Generator, entry: string) {
    super(given);
    this.module = readModule(entry);
    this.makesOwnValue = this.module.createsSecret;
  }

  public code(): FunctionCode {
    return moduleCode(this.module);
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): ModuleTargetConfig {
    return { target: 'module', generateStringKey, passwordPolicy };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { entry, warnings, uncalled } = this.module;
    for (const warning of warnings) {
      Annotations.of(fn).addWarningV2('cdk-rotating-secret:moduleBundling', `entry: a part of ${entry} may behave differently in a bundle, and fail in Lambda: ${warning}. Change that `
        + 'part, or acknowledge this warning');
    }
    if (uncalled.length > 0) {
      Annotations.of(fn).addWarningV2('cdk-rotating-secret:uncalledExport', `entry: ${entry} exports ${uncalled.join(' and ')}, which no step of a rotation calls. The steps are `
        + 'createSecret, setSecret, testSecret and finishSecret. Rename the function, or acknowledge this warning if it is not for a step');
    }
    return {};
  }
}
