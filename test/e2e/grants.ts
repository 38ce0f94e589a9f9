import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Aws } from './aws';
import { PYTHON } from './emulator';
import { labelled, type Secret } from './secret';
import type { Checks } from '../../tools/checks';

const DENIED = 'AccessDeniedException';

/**
 * What the role of a target's function may do, which may read what is pending and what is current: tried with other code in the function.
 * A rotation has to be under way.
 */
export async function checkGrants(checks: Checks, aws: Aws, functionName: string, secret: Secret, foreign: Secret): Promise<void> {
  await aws.replaceCode(functionName, zipOf('probe.py'), 'probe.handler');
  const versions = await secret.versions();
  const [pending, current, previous] = ['AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS'].map((stage) => labelled(versions, stage)!.id);
  const SecretId = secret.arn;
  const ClientRequestToken = pending;

  const expectAnswer = async (what: string, operation: string, input: object, expected: string) => {
    const { payload } = await aws.invoke(functionName, { operation, input });
    checks.check(`the function of the target, ${what}: ${expected}`, payload === JSON.stringify(expected), payload);
  };
  const expectRead = (what: string, input: object, expected: string) => expectAnswer(`reading ${what}`, 'get_secret_value', input, expected);

  await expectRead('the pending version', { SecretId, VersionId: pending, VersionStage: 'AWSPENDING' }, 'allowed');
  await expectRead('the current version', { SecretId, VersionId: current, VersionStage: 'AWSCURRENT' }, 'allowed');
  await expectRead('the previous version', { SecretId, VersionId: previous, VersionStage: 'AWSPREVIOUS' }, DENIED);
  await expectRead('the previous version, as if it were pending', { SecretId, VersionId: previous, VersionStage: 'AWSPENDING' }, 'InvalidRequestException');
  await expectRead('the pending version without its label', { SecretId, VersionId: pending }, DENIED);
  await expectRead('without an id and a label', { SecretId }, DENIED);
  await expectRead('another secret', { SecretId: foreign.arn, VersionStage: 'AWSCURRENT' }, DENIED);
  await expectAnswer('describing the secret', 'describe_secret', { SecretId }, DENIED);
  await expectAnswer('putting a value', 'put_secret_value', { SecretId, ClientRequestToken, SecretString: '{}', VersionStages: ['AWSPENDING'] }, DENIED);
  await expectAnswer('moving a label', 'update_secret_version_stage', { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: pending, RemoveFromVersionId: current }, DENIED);
  await expectAnswer('listing secrets', 'list_secrets', {}, DENIED);
}

function zipOf(file: string): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-rotating-secret-probe-'));
  try {
    const zip = join(directory, 'code.zip');
    execFileSync(PYTHON, ['-m', 'zipfile', '-c', zip, file], { cwd: __dirname });
    return readFileSync(zip);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
