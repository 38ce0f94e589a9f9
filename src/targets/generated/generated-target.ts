import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { GeneratedTargetConfig } from './contract';
import type { Generator } from '../../value/generator';
import { shippedCode, TargetDefinition } from '../definition';

/** A generated value that exists only in the secret. */
export class GeneratedTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.generated';
  public readonly support = { strategy: 'a new value', noServer: 'The value is in the secret only' };
  public override readonly changesSecretOnly = true;

  public code(): lambda.Code {
    return shippedCode('generated');
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): GeneratedTargetConfig {
    return { target: 'generated', generateStringKey, passwordPolicy };
  }
}
