import { Stack } from 'aws-cdk-lib';
import { RotatingSecret } from 'cdk-rotating-secret';
import type { Construct } from 'constructs';
import { PATH, type KeyName, type NetworkName, type PlatformStack } from './platform-stack';

export interface SecretEntry {
  readonly name: string;
  /** The network whose services read the secret. */
  readonly network: NetworkName;
  readonly key: KeyName;
}

export interface TeamStackProps {
  readonly platform: PlatformStack;
  readonly secrets: readonly SecretEntry[];
}

/** The secrets of a team: two resources each, and one policy for their keys. */
export class TeamStack extends Stack {
  constructor(scope: Construct, id: string, { platform: { rotation, keys }, secrets }: TeamStackProps) {
    super(scope, id, { description: 'Secrets of one team, rotated by the function of the platform' });
    const generateSecretString = { secretStringTemplate: JSON.stringify({ username: 'service' }), generateStringKey: 'password' };

    for (const { name, network, key } of secrets) {
      new RotatingSecret(this, name, { secretName: `${PATH}/${network}/${name}`, rotationFunction: rotation, encryptionKey: keys[key], generateSecretString });
    }
  }
}
