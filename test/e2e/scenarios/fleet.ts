import { isDeepStrictEqual } from 'node:util';
import {
  CreateSecretCommand, DescribeSecretCommand, ListSecretsCommand, RotateSecretCommand, type DescribeSecretCommandOutput, type SecretListEntry,
} from '@aws-sdk/client-secrets-manager';
import type { Checks } from '../../../tools/checks';
import type { Surroundings } from '../app-under-test';
import type { Aws, StackResource } from '../aws';
import type { Resource, StackTemplate } from '../cdk';
import { Rotations, STEPS } from '../rotation';
import { Secret } from '../secret';

/** Of each stack: the first four are of both networks with both keys. */
const SAMPLE = 4;
const MAX_RESOURCES = 500;

/** A stack as it was synthesized, and what was made of it. */
interface DeployedStack {
  readonly template: StackTemplate;
  readonly resources: StackResource[];
}

/** Many secrets of several stacks, with one function. */
export async function fleet({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const cdk = cdkWith({});
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy, three stacks', () => cdk.deploy());
  const stacks = await Promise.all(cdk.templates().map(async (template) => ({ template, resources: await aws.stackResources(template.stackName) })));
  for (const stack of stacks) { checkMade(checks, stack); }
  const functions = stacks.flatMap((stack) => of(stack, 'AWS::Lambda::Function'));
  checks.check('one function in all', functions.length === 1, functions.length);
  const functionName = functions[0].physicalId;
  const configuration = await aws.functionConfiguration(functionName);
  await checkFunction(checks, aws, configuration);

  const entries = await listSecrets(aws);
  const list = await Promise.all(entries.map(({ ARN }) => aws.secretsManager.send(new DescribeSecretCommand({ SecretId: ARN }))));
  const rotated = list.filter((secret) => secret.RotationEnabled === true && secret.RotationLambdaARN === configuration.FunctionArn);
  checks.check('300 secrets, all of which that function rotates', list.length === 300 && rotated.length === 300, [list.length, rotated.length]);
  const keys = new Map<string | undefined, number>();
  for (const { KmsKeyId } of list) { keys.set(KmsKeyId, (keys.get(KmsKeyId) ?? 0) + 1); }
  checks.check('150 of them are encrypted with each of two keys', isDeepStrictEqual([...keys.values()], [150, 150]) && !keys.has(undefined), [...keys]);
  for (const network of ['blue', 'green']) {
    checks.check(`150 of them are of the network ${network}`, list.filter(({ Name }) => Name!.startsWith(`fleet/${network}/`)).length === 150);
  }

  const sampled: Secret[] = [];
  const answers: string[] = [];
  const rotationsOf = (secret: Secret, generator: any) => new Rotations(checks, aws, functionName, secret, generator);
  for (const stack of stacks) {
    for (const { logicalId, physicalId } of of(stack, 'AWS::SecretsManager::Secret').slice(0, SAMPLE)) {
      const { Name, GenerateSecretString: generator } = stack.template.resources[logicalId].Properties;
      const secret = new Secret(aws.secretsManager, physicalId, generator.GenerateStringKey);
      const rotations = rotationsOf(secret, generator);
      await rotations.rotate(Name, 1);
      answers.push(...rotations.answers);
      sampled.push(secret);
    }
  }
  checks.check('a sample of both stacks, both networks and both keys was rotated', new Set(sampled.map(({ arn }) => describe(list, arn))).size === 4 && sampled.length === 2 * SAMPLE);

  const stranger = await makeSecret(aws, configuration.FunctionArn, 'elsewhere/service', list[0].KmsKeyId);
  await rotationsOf(stranger, {}).refuse('a secret that the permissions boundary doesn\'t name, though the policy of the role does', 'AccessDenied');
  const locked = await makeSecret(aws, configuration.FunctionArn, 'fleet/blue/locked', `arn:aws:kms:us-east-1:000000000000:key/${crypto.randomUUID()}`);
  await rotationsOf(locked, {}).refuse('a secret with a key that isn\'t of the fleet', 'AccessDenied');

  const again = await checks.need('cdk deploy, again', () => cdk.deploy());
  checks.check('the second deployment finds nothing to change', again.split('(no changes)').length === stacks.length + 1);

  const messages = await aws.logMessages(stacks.flatMap((stack) => of(stack, 'AWS::Logs::LogGroup'))[0].physicalId);
  checks.check('the log of the function has lines of all four steps', STEPS.every((step) => messages.some((message) => message.includes(step))));
  const texts = {
    'the log of the function': messages,
    'what the function answered': answers,
    'the templates or in what the CDK CLI said': [...stacks.map(({ template }) => template.text), cdk.output],
  };
  for (const [place, said] of Object.entries(texts)) {
    checks.check(`no password stands in ${place}`, said.length > 0 && !said.some((text) => sampled.some((secret) => secret.isIn(text))));
  }

  await checks.need('cdk destroy', () => cdk.destroy());
  const left = (await listSecrets(aws)).filter(({ ARN }) => list.some((secret) => secret.ARN === ARN));
  checks.check('the function and the 300 secrets are gone', !await aws.functionExists(functionName) && left.length === 0, left.length);
  checks.check('the run reached its end', true);
}

function checkMade(checks: Checks, { template: { stackName, resources: synthesized }, resources }: DeployedStack): void {
  const wanted = Object.entries(synthesized).filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata');
  const missing = wanted.filter(([id]) => !resources.some(({ logicalId, status }) => logicalId === id && status === 'CREATE_COMPLETE'));
  checks.check(`${stackName}: each of its ${wanted.length} resources was made, and CloudFormation takes so many`,
    wanted.length > 0 && wanted.length <= MAX_RESOURCES && missing.length === 0, missing.map(([id]) => id));
}

/** What the platform asks for, as far as the emulator keeps it. */
async function checkFunction(checks: Checks, aws: Aws, { Role, TracingConfig }: any): Promise<void> {
  checks.check('the function is traced', TracingConfig?.Mode === 'Active', TracingConfig);
  const role = await aws.role(Role.split('/').pop());
  checks.check('its role has the permissions boundary and the tag', role.includes('<PermissionsBoundaryArn>') && role.includes('<Key>owner</Key>'), role);
}

async function listSecrets(aws: Aws): Promise<SecretListEntry[]> {
  const found: SecretListEntry[] = [];
  let NextToken: string | undefined;
  do {
    const page = await aws.secretsManager.send(new ListSecretsCommand({ MaxResults: 100, NextToken }));
    found.push(...page.SecretList ?? []);
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

/** A secret that isn't of the app, which the function rotates too. */
async function makeSecret(aws: Aws, functionArn: string, name: string, keyId: string | undefined): Promise<Secret> {
  const { ARN } = await aws.secretsManager.send(new CreateSecretCommand({ Name: name, KmsKeyId: keyId, SecretString: '{"password":"untouched"}' }));
  await aws.secretsManager.send(new RotateSecretCommand({
    SecretId: ARN, RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false,
  }));
  return new Secret(aws.secretsManager, ARN!, 'password');
}

/** The network and the key of a secret. */
function describe(list: DescribeSecretCommandOutput[], arn: string): string {
  const { Name, KmsKeyId } = list.find((secret) => secret.ARN === arn)!;
  return `${Name!.split('/')[1]} ${KmsKeyId}`;
}

function of({ resources, template }: DeployedStack, type: Resource['Type']): StackResource[] {
  const order = Object.keys(template.resources);
  return resources.filter((resource) => resource.type === type).sort((a, b) => order.indexOf(a.logicalId) - order.indexOf(b.logicalId));
}
