import { Annotations, Duration, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { InvokeTargetConfig } from './contract';
import { TargetFunctionPermissions } from './permissions';
import type { RotatedSecrets } from '../../../function/rotated-secrets';
import { shippedCode, type FunctionCode } from '../../../function/shipped-code';
import { invalid } from '../../../invalid';
import type { Generator } from '../../../value/generator';
import { TargetDefinition, type TargetBinding } from '../../definition';

/** The optional steps of the user's function. */
export interface FunctionSteps {
  readonly createSecret?: boolean;
  readonly finishSecret?: boolean;
  readonly versionStages?: readonly string[];
}

/** The user's function, which changes the target. */
export class FunctionTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.invoke';
  public readonly support = { strategy: 'yours', noServer: 'The server is yours' };
  public override readonly makesOwnValue: boolean;
  private readonly versionStages: readonly string[];

  constructor(given: Generator, private readonly fn: lambda.IFunction, private readonly steps: FunctionSteps) {
    super(given);
    const { createSecret = false, versionStages = ['AWSPENDING'] } = steps;
    if (versionStages.length === 0 || versionStages.includes('')) {
      throw invalid('versionStages', `is ${JSON.stringify(versionStages)}, and the function has to read at least one version. Name staging labels, such as AWSPENDING and AWSCURRENT`);
    }
    this.makesOwnValue = createSecret;
    this.versionStages = versionStages;
  }

  public code(): FunctionCode {
    return shippedCode('invoke');
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): InvokeTargetConfig {
    const { createSecret, finishSecret } = this.steps;
    return {
      target: 'invoke',
      functionArn: this.fn.functionArn,
      createSecret: createSecret === true ? true : undefined,
      finishSecret: finishSecret === true ? true : undefined,
      generateStringKey,
      passwordPolicy,
    };
  }

  public override bind(rotationFunction: lambda.Function, secrets: RotatedSecrets): TargetBinding {
    const { fn, versionStages } = this;
    this.checkPlace(rotationFunction);
    this.warnOfTimeout(rotationFunction);
    const permissions = new TargetFunctionPermissions(rotationFunction, secrets, { fn, versionStages, createsSecret: this.makesOwnValue });
    return {
      statements: [new iam.PolicyStatement({ sid: 'InvokeTargetFunction', actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] })],
      names: [fn, fn.role],
      grant: (secret, scheduleScope) => permissions.grant(secret, scheduleScope),
    };
  }

  private checkPlace(rotationFunction: lambda.Function): void {
    for (const property of ['region', 'account'] as const) {
      const [theirs, ours] = [this.fn.env[property], rotationFunction.env[property]];
      if (!Token.isUnresolved(theirs) && !Token.isUnresolved(ours) && theirs !== ours) {
        throw invalid('fn', `${this.fn.node.path} is of the ${property} ${theirs}, and the RotationFunction of ${ours}. Give a function of the same ${property}`);
      }
    }
  }

  private warnOfTimeout(rotationFunction: lambda.Function): void {
    // CDK knows the time-out of functions of the app. Lambda's default is 3 seconds:
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    const theirs = this.fn instanceof lambda.Function ? this.fn.timeout ?? Duration.seconds(3) : undefined;
    const ours = rotationFunction.timeout!;
    if (theirs && !theirs.isUnresolved() && !ours.isUnresolved() && theirs.toSeconds() >= ours.toSeconds()) {
      Annotations.of(rotationFunction).addWarningV2('cdk-rotating-secret:targetFunctionTimeout', `timeout: is ${ours.toSeconds()} seconds, and the function of the target, `
        + `${this.fn.node.path}, may take ${theirs.toSeconds()}. Give the RotationFunction a longer timeout than the function that it waits for`);
    }
  }
}
