import { isDeepStrictEqual } from 'node:util';
import type { Aws, StackResource } from './aws';
import type { StackTemplate } from './cdk';
import { ACCOUNT } from './emulator';
import { labelled, type Secret } from './secret';
import type { Checks } from '../../tools/checks';

const SECRETS_MANAGER = 'secretsmanager.amazonaws.com';
const FUNCTION = 'AWS::Lambda::Function';

/** What was synthesized and what was made of it, for the one secret of a stack and what rotates it. */
export class Deployment {
  public static async of(template: StackTemplate, aws: Aws): Promise<Deployment> {
    return new Deployment(template, await aws.stackResources(template.stackName), aws);
  }

  private readonly schedule: any;
  private readonly functionId: string;
  private readonly rotationFunction: any;

  private constructor(public readonly template: StackTemplate, private readonly resources: StackResource[], private readonly aws: Aws) {
    this.schedule = this.properties(this.only('AWS::SecretsManager::RotationSchedule'));
    this.functionId = this.schedule.RotationLambdaARN['Fn::GetAtt'][0];
    this.rotationFunction = this.properties(this.functionId);
  }

  public get secretArn(): string {
    return this.physicalId(this.only('AWS::SecretsManager::Secret'));
  }

  /** The function that Secrets Manager invokes. */
  public get functionName(): string {
    return this.physicalId(this.functionId);
  }

  /** The other functions of the app. */
  public get otherFunctionNames(): string[] {
    return this.logicalIds(FUNCTION).filter((id) => id !== this.functionId).map((id) => this.physicalId(id));
  }

  public get logGroupName(): string {
    return this.physicalId(this.rotationFunction.LoggingConfig.LogGroup.Ref);
  }

  /** The GenerateSecretString of the secret. */
  public get generator(): any {
    return this.properties(this.only('AWS::SecretsManager::Secret')).GenerateSecretString;
  }

  public async checkAsSynthesized(checks: Checks, secret: Secret): Promise<void> {
    const missing = Object.entries(this.template.resources)
      .filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')
      .filter(([id, { Type }]) => !this.resources.some((resource) =>
        resource.logicalId === id && resource.type === Type && resource.status === 'CREATE_COMPLETE'))
      .map(([id, { Type }]) => `${Type} ${id}`);
    checks.check('every resource of the template was made', this.resources.length > 0 && missing.length === 0, missing);

    const configuration = await this.aws.functionConfiguration(this.functionName);
    const [deployed, synthesized] = [configuration, this.rotationFunction].map(
      ({ Runtime, Architectures, Handler, Timeout, MemorySize }) => ({ Runtime, Architectures, Handler, Timeout, MemorySize }));
    checks.check('the function has the runtime, architecture, handler, timeout and memory that were synthesized',
      isDeepStrictEqual(deployed, synthesized), deployed);
    checks.check('the function logs JSON to the log group of the stack',
      isDeepStrictEqual(configuration.LoggingConfig, { LogFormat: 'JSON', LogGroup: this.logGroupName }), configuration.LoggingConfig);

    const logGroup = await this.aws.logGroup(this.logGroupName);
    const { RetentionInDays } = this.properties(this.rotationFunction.LoggingConfig.LogGroup.Ref);
    checks.check('the log group keeps events for as long as was synthesized',
      RetentionInDays > 0 && logGroup?.retentionInDays === RetentionInDays, logGroup);

    const statements = (await this.aws.functionPolicy(this.functionName)).Statement
      .map(({ Principal, Action, Condition }: any) => ({ Principal, Action, Condition }));
    checks.check('only Secrets Manager, for this account only, may invoke the function', isDeepStrictEqual(statements, [{
      Principal: { Service: SECRETS_MANAGER },
      Action: 'lambda:InvokeFunction',
      Condition: { StringEquals: { 'AWS:SourceAccount': ACCOUNT } },
    }]), statements);

    const { RotationEnabled, RotationLambdaARN, RotationRules } = await secret.describe();
    checks.check('rotation is on, with the function of the stack', RotationEnabled === true && RotationLambdaARN === configuration.FunctionArn,
      { RotationEnabled, RotationLambdaARN });
    checks.check('the schedule has the rotation rules that were synthesized',
      this.schedule.RotationRules !== undefined && isDeepStrictEqual(RotationRules, this.schedule.RotationRules), RotationRules);

    const versions = await secret.versions();
    const stages = versions.map((version) => version.stages);
    checks.check('deployment alone rotated nothing',
      this.schedule.RotateImmediatelyOnUpdate === false && isDeepStrictEqual(stages, [['AWSCURRENT']]), stages);
    const { [secret.passwordKey]: password, ...others } = JSON.parse(labelled(versions, 'AWSCURRENT')!.value!);
    checks.check('the first value is the template and a generated password',
      isDeepStrictEqual(others, JSON.parse(this.generator.SecretStringTemplate)) && meetsGenerator(password, this.generator),
      { keys: Object.keys(others), passwordLength: password?.length });
  }

  public async checkGone(checks: Checks, secret: Secret): Promise<void> {
    const named = (type: string) => this.resources.filter((resource) => resource.type === type).map(({ physicalId }) => physicalId);
    const none = async (names: string[], exists: (name: string) => Promise<boolean>) =>
      names.length > 0 && (await Promise.all(names.map(exists))).every((found) => !found);
    checks.check('the stack is gone', !await this.aws.stackExists(this.template.stackName));
    checks.check('the secret is gone', !await secret.exists());
    checks.check('every function is gone', await none(named(FUNCTION), (name) => this.aws.functionExists(name)));
    checks.check('every role is gone', await none(named('AWS::IAM::Role'), (name) => this.aws.roleExists(name)));
    checks.check('the log group of the stack is gone', await this.aws.logGroup(this.logGroupName) === undefined);
  }

  private logicalIds(type: string): string[] {
    return Object.entries(this.template.resources).filter(([, { Type }]) => Type === type).map(([id]) => id);
  }

  /** The logical id of the one resource of a type. */
  private only(type: string): string {
    const ids = this.logicalIds(type);
    if (ids.length !== 1) { throw new Error(`The stack has ${ids.length} resources of type ${type}; this test needs exactly one`); }
    return ids[0];
  }

  private properties(logicalId: string): any {
    return this.template.resources[logicalId].Properties;
  }

  private physicalId(logicalId: string): string {
    const found = this.resources.find((resource) => resource.logicalId === logicalId);
    if (!found) { throw new Error(`${logicalId} of the template was not made`); }
    return found.physicalId;
  }
}

export function meetsGenerator(password: unknown, { PasswordLength = 32, ExcludeCharacters = '', ExcludePunctuation = false }: any): boolean {
  return typeof password === 'string'
    && password.length === PasswordLength
    && [...password].every((character) => !ExcludeCharacters.includes(character))
    && !(ExcludePunctuation && /[^A-Za-z0-9]/.test(password));
}
