import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BUS, CREDENTIALS, PublishingEndpoint } from '../../../../servers/stand-ins/publishing-endpoint';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../../simulator';
import { RotatingSecret, RotationFunction, RotationNotification, RotationTarget } from '../../../../src';
import { CONFIG_VARIABLE } from '../../../../src/contract';
import { FunctionProcess } from '../../../../tools/function-process';
import { configOf, expectInvalid, FUNCTION, makeStack, resourcesOf, warningsOf } from '../../../fixture';

const MODULES = join(__dirname, '..', '..', '..', '..', 'node_modules');
const generateSecretString = { secretStringTemplate: JSON.stringify({ client: 'app' }), generateStringKey: 'apiKey' };
const BOTH = 'export async function setSecret() {}\nexport async function testSecret() {}\n';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'module-target-')));
  symlinkSync(MODULES, join(directory, 'node_modules'));
});
afterEach(() => { rmSync(directory, { recursive: true }); });

/** A file beside others of an app. */
function file(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function synthesize(target: RotationTarget) {
  const app = new App({ outdir: join(directory, 'cdk.out'), context: { 'aws:cdk:enable-asset-metadata': true } });
  const stack = new Stack(app, 'Stack');
  new RotatingSecret(stack, 'Secret', { target, generateSecretString });
  const assembly = app.synth();
  const [{ Metadata, Properties }] = Object.values<any>(assembly.getStackByName('Stack').template.Resources).filter(({ Type }) => Type === FUNCTION);
  return { asset: join(assembly.directory, Metadata['aws:asset:path']), handler: Properties.Handler, environment: Properties.Environment.Variables };
}

test('the module and the rotation are bundled into one function', async () => {
  file('helper.ts', 'export const seen = (version: { value: { apiKey: string } }) => version.value.apiKey.length;\n');
  const entry = file('target.ts', `
    import type { RotationContext, RotationModule } from 'cdk-rotating-secret/rotation';
    import { seen } from './helper';
    type Value = { client: string; apiKey: string };
    export const setSecret: RotationModule<Value>['setSecret'] = async ({ log, pending, current }) => { log.info(\`set \${seen(pending)} \${seen(current)} \${pending.value.apiKey}\`); };
    export async function testSecret({ log, pending }: RotationContext<Value>) { log.info(\`tested \${pending.value.client}\`); }
    export async function finishSecret({ log, previous }: RotationContext<Value>) { log.info(\`finished \${previous === undefined}\`); }
  `);
  const { asset, handler, environment } = synthesize(RotationTarget.module(entry, { passwordPolicy: { passwordLength: 20 } }));
  expect(JSON.parse(environment[CONFIG_VARIABLE])).toEqual({ target: 'module', generateStringKey: 'apiKey', passwordPolicy: { passwordLength: 20 } });

  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ client: 'the-app', apiKey: 'the-first-key' }));
  const service = await SecretsManagerServer.start(simulator);
  const lines: { message: string; step: string }[] = [];
  const running = await FunctionProcess.start({
    environment: {
      ...environment,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: asset,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
    },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: ({ text, stream }) => { if (stream === 'stdout') { lines.push(JSON.parse(text)); } },
  });
  try {
    expect(await rotate(simulator, arn, { invoke: (event) => running.invoke(event), attempts: 1 })).toMatchObject({ outcome: 'succeeded' });
  } finally {
    await running.kill();
    await service.stop();
  }
  expect(lines.filter(({ message }) => !message.endsWith('succeeded')).map(({ step, message }) => `${step}: ${message}`)).toEqual([
    'setSecret: set 20 13 ***', 'testSecret: tested ***', 'finishSecret: finished true',
  ]);
});

test('the module, the rotation and the notification are bundled into one function', async () => {
  const app = new App({ outdir: join(directory, 'cdk.out'), context: { 'aws:cdk:enable-asset-metadata': true } });
  const stack = new Stack(app, 'Stack');
  const rotationFunction = new RotationFunction(stack, 'Rotation', {
    target: RotationTarget.module(file('target.ts', BOTH), { generateStringKey: 'apiKey' }),
    notification: RotationNotification.eventBus(events.EventBus.fromEventBusArn(stack, 'Bus', BUS)),
  });
  new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: { secretStringTemplate: JSON.stringify({ client: 'app' }) } });
  const assembly = app.synth();
  const [{ Metadata, Properties }] = Object.values<any>(assembly.getStackByName('Stack').template.Resources).filter(({ Type }) => Type === FUNCTION);

  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ client: 'the-app', apiKey: 'the-first-key' }));
  const [service, endpoint] = [await SecretsManagerServer.start(simulator), await PublishingEndpoint.start()];
  const running = await FunctionProcess.start({
    environment: {
      ...CREDENTIALS,
      ...Properties.Environment.Variables,
      _HANDLER: Properties.Handler,
      LAMBDA_TASK_ROOT: join(assembly.directory, Metadata['aws:asset:path']),
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint.url,
    },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: () => {},
  });
  try {
    expect(await rotate(simulator, arn, { invoke: (event) => running.invoke(event), attempts: 1 })).toMatchObject({ outcome: 'succeeded' });
    expect(endpoint.entries.map(({ Resources }) => Resources)).toEqual([[arn]]);
  } finally {
    await Promise.all([running.kill(), service.stop(), endpoint.stop()]);
  }
});

test('the asset is the same for any folder of the module', () => {
  const source = `import { a } from './lib/a';\n${BOTH}export const b = a;\n`;
  file('one/lib/a.js', 'export const a = 1;\n');
  const one = synthesize(RotationTarget.module(file('one/target.mjs', source)));
  cpSync(join(directory, 'one'), join(directory, 'two', 'deeper'), { recursive: true });
  const two = synthesize(RotationTarget.module(join(directory, 'two', 'deeper', 'target.mjs')));
  expect(readFileSync(join(two.asset, 'index.js'), 'utf8')).toBe(readFileSync(join(one.asset, 'index.js'), 'utf8'));
  expect(readFileSync(join(two.asset, 'index.js'), 'utf8')).not.toContain(directory);
  expect(relative(join(directory, 'cdk.out'), two.asset)).toBe(relative(join(directory, 'cdk.out'), one.asset));
});

test('a path is relative to the working directory', () => {
  const entry = file('target.ts', BOTH);
  expect(() => RotationTarget.module(relative(process.cwd(), entry))).not.toThrow();
});

test('a CommonJS module is accepted without a check of its exports', () => {
  const entry = file('target.cjs', 'exports.setSecret = async () => {}; exports.testSecret = async () => {};\n');
  expect(readFileSync(join(synthesize(RotationTarget.module(entry)).asset, 'index.js'), 'utf8')).toContain('testSecret');
});

test('a module that makes the value needs no generated key', () => {
  const secretObjectValue = { apiKey: secretsmanager.Secret.fromSecretNameV2(makeStack(), 'Other', 'other').secretValue };
  const make = (text: string) => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.module(file('target.ts', text)), secretObjectValue });
    return stack;
  };
  expectInvalid(() => make(BOTH), 'secretObjectValue', 'no key');
  const stack = make(`${BOTH}export async function createSecret() { return 'new'; }\n`);
  expect(configOf(stack)).toEqual({ target: 'module', passwordPolicy: {} });
  expect(resourcesOf(stack, FUNCTION)).toHaveLength(1);
});

describe('refuses an entry that', () => {
  test.each([
    ['is not there', () => join(directory, 'missing.ts')],
    ['is a directory', () => directory],
    ['is no module', () => file('target.py', '')],
  ])('%s', (_, entry) => {
    expectInvalid(() => RotationTarget.module(entry()), 'entry', JSON.stringify(entry()), '.ts, .mts', 'setSecret and testSecret', 'absolute or from the working directory');
  });

  test.each([
    ['export const setSecret = 1;', 'exports setSecret', 'has to export testSecret'],
    ['export default {};', 'exports default', 'has to export setSecret and testSecret'],
    ['export {};', 'exports nothing', 'has to export setSecret and testSecret'],
  ])('lacks a function: %s', (text, ...parts) => {
    expectInvalid(() => RotationTarget.module(file('target.ts', text)), 'entry', ...parts);
  });

  test.each([
    ['finnishSecret', 'finishSecret'], ['FinishSecret', 'finishSecret'], ['finish_secret', 'finishSecret'], ['finishSecrets', 'finishSecret'],
    ['creatSecret', 'createSecret'], ['createsecret', 'createSecret'],
  ])('exports %s, which is %s misspelled', (name, step) => {
    const entry = file('target.ts', `${BOTH}export async function ${name}() {}\n`);
    expectInvalid(() => RotationTarget.module(entry), 'entry', `exports ${name}, which no step of a rotation calls, and not ${step}. Name it ${step}`);
  });

  test.each(['CREATE_SECRET', 'createSecretV2', 'finishSecret2'])('but not if it exports %s, which is another name', (name) => {
    const entry = file('target.ts', `${BOTH}export const ${name} = 1;\n`);
    expect(() => RotationTarget.module(entry)).not.toThrow();
  });

  test('misspells a required step', () => {
    const entry = file('target.ts', 'export async function setSecret() {}\nexport async function tstSecret() {}\n');
    expectInvalid(() => RotationTarget.module(entry), 'entry', 'exports tstSecret', 'not testSecret');
  });

  test.each([
    ['can not be read', 'export const = 1;', /can't be bundled: Expected identifier.* \(target\.ts, line 1\)$/],
    ['imports what is not there', `import 'nowhere-to-be-found';\n${BOTH}`, /can't be bundled: Could not resolve "nowhere-to-be-found" \(target\.ts, line 1\)$/],
  ])('%s', (_, text, message) => {
    expect(() => RotationTarget.module(file('target.ts', text))).toThrow(message);
  });
});

function warningsFor(text: string): string[] {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', { target: RotationTarget.module(file('target.ts', text)) });
  return warningsOf(stack);
}

test.each(['getSecret', 'recreateSecret', 'idOf', 'create', 'setSecrets'])('a module may also export %s', (name) => {
  expect(() => RotationTarget.module(file('target.ts', `${BOTH}export function ${name}() {}\n`))).not.toThrow();
});

test('an export that is named like a step, and is none, gets a warning', () => {
  expect(warningsFor(`${BOTH}export function revokeSecret() {}\nexport function helper() {}\n`)).toEqual([
    expect.stringContaining('exports revokeSecret, which no step of a rotation calls'),
  ]);
});

test('warnings of esbuild become warnings, with the location', () => {
  const text = `import { createRequire } from 'node:module';\n${BOTH}export const required = () => createRequire(import.meta.url);\n`;
  expect(warningsFor(text)).toEqual([expect.stringMatching(/"import\.meta" is not available.* \(target\.ts, line 4\)\. Change that part/)]);
  expect(warningsFor(BOTH)).toEqual([]);
});
