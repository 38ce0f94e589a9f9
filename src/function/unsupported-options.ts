import { Annotations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { invalid } from '../invalid';

const GIVE_LOG_GROUP = 'Give a logGroup with the retention you want';

/** Properties of `lambda.Function`, in any version of CDK, that a rotation function can't have. Each has the reason and what to do. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  logRetention: `is not supported, because it needs a custom resource. ${GIVE_LOG_GROUP}`,
  logRetentionRole: `goes with logRetention, which is not supported. ${GIVE_LOG_GROUP}`,
  logRetentionRetryOptions: `goes with logRetention, which is not supported. ${GIVE_LOG_GROUP}`,
  logRemovalPolicy: 'is not supported. Give a logGroup with the removal policy you want',
  // https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html
  tenancyConfig: 'is not supported, because Lambda then requires a tenant id with every invocation, and Secrets Manager sends none. Leave it out',
  // https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
  durableConfig: 'is not supported, because the handler is no durable function: Secrets Manager retries the steps. Leave it out',
};

export function checkUnsupported(options: object): void {
  for (const [property, problem] of Object.entries(UNSUPPORTED)) {
    if ((options as Record<string, unknown>)[property] !== undefined) { throw invalid(property, problem); }
  }
}

/** CDK uploads unsigned code. A configuration that enforces signatures needs a pipeline that signs it. */
export function warnOfEnforcedSigning(fn: lambda.Function, { node }: IConstruct): void {
  const resource = node.defaultChild;
  if (!(resource instanceof lambda.CfnCodeSigningConfig)) { return; }
  const { untrustedArtifactOnDeployment } = { ...resource.codeSigningPolicies } as lambda.CfnCodeSigningConfig.CodeSigningPoliciesProperty;
  if (untrustedArtifactOnDeployment !== lambda.UntrustedArtifactOnDeployment.ENFORCE) { return; }
  Annotations.of(fn).addWarningV2('cdk-rotating-secret:unsignedCode', `codeSigningConfig: ${node.path} enforces signatures, and CDK uploads the code of the handler unsigned, so Lambda refuses it. `
    + 'Have the pipeline sign its assets before it deploys, or use UntrustedArtifactOnDeployment.WARN');
}
