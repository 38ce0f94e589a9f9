import type { SesSmtpTargetConfig } from './contract';
import { shippedCode, type FunctionCode } from '../../../function/shipped-code';
import { invalid } from '../../../invalid';
import { AccessKeyTargetDefinition, type AccessKeyOwner } from '../access-key-target';

/** The access key of a user, as the SMTP interface of SES uses it. */
export class SesSmtpTarget extends AccessKeyTargetDefinition {
  public readonly factory = 'RotationTarget.sesSmtp';
  public readonly support = { strategy: 'two keys in turn', standIns: ['an SMTP server', 'the emulator MiniStack'], neverOn: ['Amazon SES'] };
  private readonly region?: string;

  constructor({ region, ...owner }: AccessKeyOwner & { readonly region?: string }) {
    super(owner);
    if (region === '') { throw invalid('region', 'is empty. Give a region of SES, such as eu-west-1, or leave it out'); }
    this.region = region;
  }

  public code(): FunctionCode {
    return shippedCode('ses-smtp');
  }

  public config(): SesSmtpTargetConfig {
    return { target: 'ses-smtp', ...this.common, region: this.region };
  }
}
