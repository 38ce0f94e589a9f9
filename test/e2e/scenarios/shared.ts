import { CreateSecretCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import type { Surroundings } from '../app-under-test';
import { Rotations } from '../rotation';
import { Secret } from '../secret';

/** A function that two secrets share, with one key, rotates both and can't be used for a third one. */
export async function shared({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const cdk = cdkWith({});
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy', () => cdk.deploy());
  const { stackName, resources: synthesized } = cdk.template();
  const resources = await aws.stackResources(stackName);
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  const functionName = ofType('AWS::Lambda::Function')[0].physicalId;
  const secrets = ofType('AWS::SecretsManager::Secret');
  checks.check('two secrets', secrets.length === 2, secrets.length);
  for (const { logicalId, physicalId } of secrets) {
    const secret = new Secret(aws.secretsManager, physicalId, 'password');
    await new Rotations(checks, aws, functionName, secret, synthesized[logicalId].Properties.GenerateSecretString).rotate(logicalId, 1);
  }

  const { FunctionArn } = await aws.functionConfiguration(functionName);
  const refuse = async (title: string, KmsKeyId?: string) => {
    const { ARN } = await aws.secretsManager.send(new CreateSecretCommand({ Name: title, KmsKeyId, SecretString: '{"password":"untouched"}' }));
    await aws.secretsManager.send(new RotateSecretCommand({
      SecretId: ARN, RotationLambdaARN: FunctionArn, RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false,
    }));
    await new Rotations(checks, aws, functionName, new Secret(aws.secretsManager, ARN!, 'password'), {}).refuse(title, 'AccessDenied');
  };
  await refuse('another secret, with this function as its rotation function');
  await refuse('such a secret with the same key', (await new Secret(aws.secretsManager, secrets[0].physicalId, 'password').describe()).KmsKeyId);

  await checks.need('cdk destroy', () => cdk.destroy());
  checks.check('the run reached its end', true);
}
