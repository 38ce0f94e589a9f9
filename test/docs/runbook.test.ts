import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as lambdaClient from '@aws-sdk/client-lambda';
import * as secretsManagerClient from '@aws-sdk/client-secrets-manager';
import { anchorsOf, awsCommandsIn, headingsOf, readDoc } from './runbook';
import * as errors from '../../lambda-src/rotation/errors';
import { rotate, STEPS, type Operation, type SecretsManagerSimulator, type StartedRotation } from '../../simulator';
import { failure, Harness, JSON_VALUE } from '../harness';

const TEXT = readDoc('runbook.md');
const SECTIONS = new Map(headingsOf(TEXT).map(({ title, body }) => [title, body]));
const PARTS = ['What happened', 'Locked out?', 'Now', 'Prevent'];

/** Every class except the common base class. */
const ERROR_TYPES = Object.values(errors).filter((error) => error !== errors.RotationError).map(({ name }) => name).sort();

/** The text below a heading and its subheadings. */
function titlesBelow(heading: string): string[] {
  const lines = TEXT.split(`\n## ${heading}\n`)[1].split(/\n## /)[0];
  return headingsOf(lines).map(({ title }) => title);
}

test('every errorType has its section, in order, and every section has an errorType', () => {
  expect(ERROR_TYPES.length).toBeGreaterThan(20);
  expect(titlesBelow('Error types')).toEqual(ERROR_TYPES);
});

test.each([...ERROR_TYPES, ...titlesBelow('Stuck'), ...[...SECTIONS.keys()].filter((title) => title.startsWith('Alarm: '))])(
  '%s: says what happened, whether readers are locked out, what to do now and how to prevent it', (title) => {
    const parts = [...SECTIONS.get(title)!.matchAll(/^\*\*([\w ?]+?)\.?\*\* (?=\S)/gm)].map(([, part]) => part);
    expect(parts).toEqual(PARTS);
  },
);

test('every link leads somewhere', () => {
  const targets = [...TEXT.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target).filter((target) => !target.startsWith('https:'));
  expect(targets.length).toBeGreaterThan(10);
  const dead = targets.filter((target) => {
    const [file, anchor] = target.split('#');
    if (file !== '' && !existsSync(join(__dirname, '..', '..', 'docs', file))) { return true; }
    return anchor !== undefined && !anchorsOf(file === '' ? 'runbook.md' : file).includes(anchor);
  });
  expect(dead).toEqual([]);
});

describe('the commands', () => {
  const commands = awsCommandsIn(TEXT);

  test('are operations of AWS', () => {
    const clients: Record<string, object> = { secretsmanager: secretsManagerClient, lambda: lambdaClient };
    const known = commands.filter(({ service }) => service in clients);
    expect(known.length).toBeGreaterThan(15);
    expect(known.filter(({ service, operation }) => !Object.hasOwn(clients[service], `${operation}Command`))).toEqual([]);
    expect([...new Set(commands.map(({ service }) => service))].sort()).toEqual(['cloudtrail', 'ec2', 'lambda', 'secretsmanager']);
  });

  test('read no value of a secret, and put none', () => {
    const operations = commands.map(({ operation }) => operation);
    expect(operations.filter((operation) => /SecretValue|CreateSecret|UpdateSecret$/.test(operation))).toEqual([]);
  });
});

/** Runs the commands of a section that change a secret, unchanged. */
function follow(simulator: SecretsManagerSimulator, title: string, variables: Readonly<Record<string, string>>): string[] {
  const changes = awsCommandsIn(SECTIONS.get(title)!, variables)
    .filter(({ operation }) => ['UpdateSecretVersionStage', 'RotateSecret', 'RestoreSecret'].includes(operation));
  for (const { operation, input } of changes) { simulator.perform(operation as Operation, input as never); }
  return changes.map(({ operation }) => operation);
}

/** The end of a stuck rotation: the steps of the rotation that a command has started. */
async function finish(harness: Harness): Promise<void> {
  const { rotationInProgress: rotation } = harness.secret;
  await harness.steps({ secretId: harness.arn, ...rotation! } as StartedRotation, ...STEPS);
}

const versionWith = (harness: Harness, label: string) => harness.secret.versions.find(({ stages }) => stages.includes(label))!.id;

describe('the instructions work', () => {
  test('after a value was put during a rotation, and the next rotation says that this one is not complete', async () => {
    const harness = new Harness();
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    const manual = JSON_VALUE.replace('first', 'manual');
    harness.simulator.perform('PutSecretValue', { SecretId: harness.arn, SecretString: manual, ClientRequestToken: harness.simulator.newToken() });
    harness.simulator.perform('UpdateSecretVersionStage', { SecretId: harness.arn, VersionStage: 'AWSPENDING', MoveToVersionId: rotation.token });
    expect((await failure(harness.step(rotation, 'finishSecret'))).name).toBe('RotationSupersededError');
    expect(() => harness.simulator.perform('RotateSecret', { SecretId: harness.arn })).toThrow(/isn't complete/);

    expect(follow(harness.simulator, 'A previous rotation isn\'t complete', { SECRET: harness.arn, PENDING_VERSION: rotation.token }))
      .toEqual(['UpdateSecretVersionStage', 'RotateSecret']);
    await finish(harness);
    expect(harness.value('AWSPREVIOUS')).toBe(manual);
    expect(harness.value('AWSCURRENT')).not.toBe(manual);
  });

  test('after a deployment has generated another value', async () => {
    const harness = new Harness();
    await rotate(harness.simulator, harness.arn, { invoke: (event) => harness.invoke(event) });
    const working = harness.value('AWSCURRENT');
    harness.simulator.perform('UpdateSecret', { SecretId: harness.arn, SecretString: JSON_VALUE.replace('first', 'regenerated'), ClientRequestToken: harness.simulator.newToken() });
    const variables = { SECRET: harness.arn, PREVIOUS_VERSION: versionWith(harness, 'AWSPREVIOUS'), CURRENT_VERSION: versionWith(harness, 'AWSCURRENT') };

    expect(follow(harness.simulator, 'Locked out after a template change', variables)).toEqual(['UpdateSecretVersionStage', 'RotateSecret']);
    expect(harness.value('AWSCURRENT')).toBe(working);
    await finish(harness);
    expect(harness.value('AWSPREVIOUS')).toBe(working);
  });

  test('if the pending version is the one that works', async () => {
    const harness = new Harness();
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    const working = harness.value('AWSPENDING');

    follow(harness.simulator, 'Is anybody locked out?', { SECRET: harness.arn, PENDING_VERSION: rotation.token, CURRENT_VERSION: versionWith(harness, 'AWSCURRENT') });
    expect(harness.value('AWSCURRENT')).toBe(working);
    await harness.steps(rotation, ...STEPS);
    expect(harness.log.slice(-1)).toMatchObject([{ outcome: 'alreadyCurrent' }]);
    expect(harness.value('AWSCURRENT')).toBe(working);
  });

  test('after a rotation was cancelled', async () => {
    const harness = new Harness();
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret');
    harness.simulator.perform('CancelRotateSecret', { SecretId: harness.arn });
    expect((await failure(harness.step(rotation, 'setSecret'))).name).toBe('RotationNotEnabledError');
    const first = harness.value('AWSCURRENT');

    follow(harness.simulator, 'A previous rotation isn\'t complete', { SECRET: harness.arn, PENDING_VERSION: rotation.token });
    await finish(harness);
    expect(harness.secret.rotationEnabled).toBe(true);
    expect(harness.value('AWSPREVIOUS')).toBe(first);
  });

  test('after the secret was deleted', () => {
    const harness = new Harness();
    harness.simulator.perform('DeleteSecret', { SecretId: harness.arn });
    expect(() => harness.simulator.perform('RotateSecret', { SecretId: harness.arn })).toThrow();
    expect(follow(harness.simulator, 'SecretNotFoundError', { SECRET: harness.arn })).toEqual(['RestoreSecret']);
    expect(harness.value('AWSCURRENT')).toBe(JSON_VALUE);
  });
});
