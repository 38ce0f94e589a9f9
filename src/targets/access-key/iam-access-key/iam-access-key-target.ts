import type { IamAccessKeyTargetConfig } from './contract';
import { shippedCode, type FunctionCode } from '../../../function/shipped-code';
import { invalid } from '../../../invalid';
import { AccessKeyTargetDefinition, type AccessKeyOwner } from '../access-key-target';

/** The keys of the secret for the two halves of an access key. */
export interface AccessKeyKeys {
  readonly accessKeyIdKey?: string;
  readonly secretAccessKeyKey?: string;
}

/** The access key of a user, as the SDKs use it. */
export class IamAccessKeyTarget extends AccessKeyTargetDefinition {
  public readonly factory = 'RotationTarget.iamAccessKey';
  public readonly support = { strategy: 'two keys in turn', standIns: ['the API of moto', 'the emulator MiniStack'], neverOn: ['AWS IAM'] };
  private readonly accessKeyIdKey: string;
  private readonly secretAccessKeyKey: string;

  constructor({ accessKeyIdKey = 'accessKeyId', secretAccessKeyKey = 'secretAccessKey', ...owner }: AccessKeyOwner & AccessKeyKeys) {
    super(owner);
    for (const [property, key] of Object.entries({ accessKeyIdKey, secretAccessKeyKey })) {
      if (key === '') { throw invalid(property, 'is empty. Name a key of the JSON secret, or leave it out'); }
    }
    if (accessKeyIdKey === secretAccessKeyKey) {
      throw invalid('secretAccessKeyKey', `is ${accessKeyIdKey}, which accessKeyIdKey is too. Name another key of the JSON secret`);
    }
    this.accessKeyIdKey = accessKeyIdKey;
    this.secretAccessKeyKey = secretAccessKeyKey;
  }

  public code(): FunctionCode {
    return shippedCode('iam-access-key');
  }

  public config(): IamAccessKeyTargetConfig {
    const { accessKeyIdKey, secretAccessKeyKey } = this;
    return { target: 'iam-access-key', ...this.common, accessKeyIdKey, secretAccessKeyKey };
  }
}
