import type { GeneratedTargetConfig } from './contract';
import { shippedCode, type FunctionCode } from '../../function/shipped-code';
import type { Generator } from '../../value/generator';
import { TargetDefinition } from '../definition';

/** A generated value that exists only in the secret. */
export class GeneratedTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.generated';
  public readonly support = { strategy: 'a new value', noServer: 'The value is in the secret only' };
  public override readonly changesSecretOnly = true;

  public code(): FunctionCode {
    return shippedCode('generated');
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): GeneratedTargetConfig {
    return { target: 'generated', generateStringKey, passwordPolicy };
  }
}
