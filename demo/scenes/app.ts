import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { filesBelow } from '../../tools/files';
import { ASSETS } from '../../tools/shipped-asset';
import { printTable } from '../../tools/table';
import { plural } from '../report';
import type { Stage } from '../stage';
import type { Resource } from '../template';


const PURPOSES: Readonly<Record<string, (properties: any) => string>> = {
  'AWS::SecretsManager::Secret': ({ Name, GenerateSecretString: { SecretStringTemplate, GenerateStringKey } }) =>
    `${Name}: ${Object.keys(JSON.parse(SecretStringTemplate)).join(', ')} and a generated ${GenerateStringKey}`,
  'AWS::Logs::LogGroup': ({ RetentionInDays }) => `What the function logs, for ${RetentionInDays} days`,
  'AWS::IAM::Role': () => 'Who the function is; may write to its own log',
  'AWS::Lambda::Function': () => 'Rotates the secret, with the handler that ships in this package',
  'AWS::Lambda::Permission': () => 'Lets Secrets Manager of this account call the function',
  'AWS::IAM::Policy': () => 'Lets the function read and write this secret',
  'AWS::SecretsManager::RotationSchedule': () => 'Tells Secrets Manager when to rotate',
};

/** What the app would deploy. */
export function showApp({ terminal, report, checks, stack }: Stage, seconds: number): void {
  report.section('What examples/basic would deploy');
  terminal.paragraph(`Synthesized in ${seconds.toFixed(1)} s: the stack ${stack.name} with ${plural(stack.resources.length, 'resource')}.`);
  printTable(terminal, {
    columns: ['Resource', 'In the app', 'What it is for'],
    rows: stack.resources.map((resource) => [
      resource.type.split('::').slice(1).join(' '),
      { text: resource.path.split('/').at(-1)!, style: 'cyan' },
      purposeOf(resource),
    ]),
  });

  const rotationFunction = stack.only('AWS::Lambda::Function');
  const schedule = stack.only('AWS::SecretsManager::RotationSchedule').properties;
  const { Runtime, Architectures, MemorySize, Timeout, Handler } = rotationFunction.properties;
  const directory = stack.assetDirectory(rotationFunction);
  const files = filesBelow(directory);
  terminal.line();
  printTable(terminal, {
    columns: ['Setting', 'Value', 'What that means'],
    rows: [
      ['Schedule', schedule.RotationRules.ScheduleExpression, 'How often the password changes'],
      ['At deployment', schedule.RotateImmediatelyOnUpdate ? 'rotate' : 'test only', schedule.RotateImmediatelyOnUpdate
        ? 'The first rotation starts at once'
        : 'The function is tried once, and the password stays'],
      ['Runtime', `${Runtime}, ${Architectures.join()}`, `Here it runs on Node.js ${process.version}, ${process.arch}`],
      ['Memory', `${MemorySize} MB`, 'What Lambda gives it; not enforced here'],
      ['Time-out', `${Timeout} s`, 'For each of the four steps of a rotation'],
      ['Asset', files.map((file) => sizesOf(join(directory, file))).join(', '), `The code of the function; its handler is ${Handler}`],
    ],
  });
  checks.check('The asset is, byte for byte, the handler that ships in this package.',
    files.join() === filesBelow(ASSETS).filter((file) => /^(core|generated)\//.test(file)).join()
      && files.every((file) => readFileSync(join(directory, file)).equals(readFileSync(join(ASSETS, file)))), files);
}

function purposeOf({ type, properties }: Resource): string {
  return PURPOSES[type]?.(properties) ?? '';
}

function sizesOf(file: string): string {
  const kibibytes = (bytes: number) => Math.round(bytes / 1024);
  return `${kibibytes(statSync(file).size)} KiB (${kibibytes(gzipSync(readFileSync(file)).length)} KiB compressed)`;
}
