import { isDeepStrictEqual } from 'node:util';
import type { Aws, StackResource } from './aws';
import type { StackTemplate } from './cdk';
import type { Checks } from './checks';
import { ACCOUNT } from './emulator';
import { labelled, type Secret } from './secret';

const SECRETS_MANAGER = 'secretsmanager.amazonaws.com';

/** What was synthesized and what was made of it, for the one secret of a stack and what rotates it. */
export class Deployment {
  public static async of(template: StackTemplate, aws: Aws): Promise<Deployment> {
    return new Deployment(template, await aws.stackResources(template.stackName), aws);
  }

  private constructor(private readonly template: StackTemplate, private readonly resources: StackResource[], private readonly aws: Aws) {}

  public get secretArn(): string {
    return this.physicalId('AWS::SecretsManager::Secret');
  }

  public get functionName(): string {
    return this.physicalId('AWS::Lambda::Function');
  }

  public get logGroupName(): string {
    return this.physicalId('AWS::Logs::LogGroup');
  }

  /** The GenerateSecretString of the secret. */
  public get generator(): any {
    return this.properties('AWS::SecretsManager::Secret').GenerateSecretString;
  }

  public async checkAsSynthesized(checks: Checks, secret: Secret): Promise<void> {
    const missing = Object.entries(this.template.resources)
      .filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')
      .filter(([id, { Type }]) => !this.resources.some((resource) =>
        resource.logicalId === id && resource.type === Type && resource.status === 'CREATE_COMPLETE'))
      .map(([id, { Type }]) => `${Type} ${id}`);
    checks.check('every resource of the template was made', this.resources.length > 0 && missing.length === 0, missing);

    const configuration = await this.aws.functionConfiguration(this.functionName);
    const [deployed, synthesized] = [configuration, this.properties('AWS::Lambda::Function')].map(
      ({ Runtime, Architectures, Handler, Timeout, MemorySize }) => ({ Runtime, Architectures, Handler, Timeout, MemorySize }));
    checks.check('the function has the runtime, architecture, handler, timeout and memory that were synthesized',
      isDeepStrictEqual(deployed, synthesized), deployed);
    checks.check('the function logs JSON to the log group of the stack',
      isDeepStrictEqual(configuration.LoggingConfig, { LogFormat: 'JSON', LogGroup: this.logGroupName }), configuration.LoggingConfig);

    const logGroup = await this.aws.logGroup(this.logGroupName);
    const { RetentionInDays } = this.properties('AWS::Logs::LogGroup');
    checks.check('the log group keeps events for as long as was synthesized',
      RetentionInDays > 0 && logGroup?.retentionInDays === RetentionInDays, logGroup);

    const statements = (await this.aws.functionPolicy(this.functionName)).Statement
      .map(({ Principal, Action, Condition }: any) => ({ Principal, Action, Condition }));
    checks.check('only Secrets Manager, for this account only, may invoke the function', isDeepStrictEqual(statements, [{
      Principal: { Service: SECRETS_MANAGER },
      Action: 'lambda:InvokeFunction',
      Condition: { StringEquals: { 'AWS:SourceAccount': ACCOUNT } },
    }]), statements);

    const schedule = this.properties('AWS::SecretsManager::RotationSchedule');
    const { RotationEnabled, RotationLambdaARN, RotationRules } = await secret.describe();
    checks.check('rotation is on, with the function of the stack', RotationEnabled === true && RotationLambdaARN === configuration.FunctionArn,
      { RotationEnabled, RotationLambdaARN });
    checks.check('the schedule has the rotation rules that were synthesized',
      schedule.RotationRules !== undefined && isDeepStrictEqual(RotationRules, schedule.RotationRules), RotationRules);

    const versions = await secret.versions();
    const stages = versions.map((version) => version.stages);
    checks.check('deployment alone rotated nothing',
      schedule.RotateImmediatelyOnUpdate === false && isDeepStrictEqual(stages, [['AWSCURRENT']]), stages);
    const { [secret.passwordKey]: password, ...others } = JSON.parse(labelled(versions, 'AWSCURRENT')!.value!);
    checks.check('the first value is the template and a generated password',
      isDeepStrictEqual(others, JSON.parse(this.generator.SecretStringTemplate)) && meetsGenerator(password, this.generator),
      { keys: Object.keys(others), passwordLength: password?.length });
  }

  public async checkGone(checks: Checks, secret: Secret): Promise<void> {
    checks.check('the stack is gone', !await this.aws.stackExists(this.template.stackName));
    checks.check('the secret is gone', !await secret.exists());
    checks.check('the function is gone', !await this.aws.functionExists(this.functionName));
    checks.check('its role is gone', !await this.aws.roleExists(this.physicalId('AWS::IAM::Role')));
    checks.check('its log group is gone', await this.aws.logGroup(this.logGroupName) === undefined);
  }

  private properties(type: string): any {
    const found = Object.values(this.template.resources).filter((resource) => resource.Type === type);
    return only(found, type).Properties;
  }

  private physicalId(type: string): string {
    return only(this.resources.filter((resource) => resource.type === type), type).physicalId;
  }
}

export function meetsGenerator(password: unknown, generator: any): boolean {
  return typeof password === 'string'
    && password.length === (generator.PasswordLength ?? 32)
    && [...password].every((character) => !(generator.ExcludeCharacters ?? '').includes(character));
}

function only<T>(found: T[], type: string): T {
  if (found.length !== 1) { throw new Error(`The stack has ${found.length} resources of type ${type}; this test needs exactly one`); }
  return found[0];
}
