/* The samples of the site's pages, for the compiler of each language, with declarations of the names that they use. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/run';
import { codesOf, pagesOfRepository, samplesOfPages } from '../../build/site/repository';
import type { Language } from '../../build/site/samples';

const CDK = ['cloudwatch', 'docdb', 'ec2', 'events', 'iam', 'lambda', 'rds', 's3', 'secretsmanager'];

/** The names that samples use without a declaration, as in rosetta/. */
const NAMES: Readonly<Record<string, { readonly java: string; readonly python: string }>> = {
  action: { java: 'IAlarmAction', python: 'cloudwatch.IAlarmAction' },
  app: { java: 'App', python: 'App' },
  bucket: { java: 'IBucket', python: 's3.IBucket' },
  bus: { java: 'IEventBus', python: 'events.IEventBus' },
  // DocumentDB has a class with the same name.
  database: { java: 'software.amazon.awscdk.services.rds.DatabaseInstance', python: 'rds.DatabaseInstance' },
  existingSecret: { java: 'ISecret', python: 'secretsmanager.ISecret' },
  fn: { java: 'IFunction', python: 'lambda_.IFunction' },
  names: { java: 'java.util.List<String>', python: 'list[str]' },
  otherStack: { java: 'Stack', python: 'Stack' },
  rotation: { java: 'RotationFunction', python: 'RotationFunction' },
  secret: { java: 'RotatingSecret', python: 'RotatingSecret' },
  service: { java: 'Construct', python: 'Construct' },
  stack: { java: 'Stack', python: 'Stack' },
  target: { java: 'IRuleTarget', python: 'events.IRuleTarget' },
  vpc: { java: 'IVpc', python: 'ec2.IVpc' },
};

/** A class with a method for each sample. */
export function javaSamples(): string {
  const codes = separated('java', /^import .*;\n/gm);
  return [
    ...codes.flatMap(({ imports }) => imports),
    'import io.github.cdkrotatingsecret.*;',
    'import java.util.List;', 'import java.util.Map;',
    'import software.amazon.awscdk.*;',
    'import software.constructs.Construct;',
    ...CDK.map((module) => `import software.amazon.awscdk.services.${module}.*;`),
    'class Samples extends Construct {',
    ...Object.entries(NAMES).map(([name, { java }]) => `  ${java} ${name};`),
    '  Samples(Construct scope, String id) { super(scope, id); }',
    ...codes.map(({ name, body }, index) => `  // ${name}\n  void sample${index + 1}() {\n${body}\n  }`),
    '}',
    '',
  ].join('\n');
}

/** A module with a function for each sample. */
export function pythonSamples(): string {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [
    'from os import path',
    'from typing import cast',
    'from aws_cdk import App, Duration, SecretValue, Stack, Tags',
    'from constructs import Construct',
    'from cdk_rotating_secret import *',
    ...CDK.map((module) => `import aws_cdk.aws_${module} as ${module === 'lambda' ? 'lambda_' : module}`),
    ...Object.entries(NAMES).map(([name, { python }]) => `${snake(name)}: ${python}`),
    ...separated('python', /(?!)/).map(({ name, body }, index) => `\n# ${name}\ndef sample_${index + 1}(self: Construct) -> None:\n${body.replace(/^(?=.)/gm, '    ')}`),
    '',
  ].join('\n');
}

/** All samples, each in a function. */
export function goSamples(): string {
  return readFileSync(join(ROOT, 'site', 'samples', 'go', 'samples.go'), 'utf8');
}

function separated(language: Language, statement: RegExp): { readonly name: string; readonly imports: string[]; readonly body: string }[] {
  const samples = samplesOfPages(pagesOfRepository());
  const codeOf = codesOf(samples);
  return samples.map((sample) => {
    const code = codeOf(sample, language);
    return { name: sample.name, imports: (code.match(statement) ?? []).map((line) => line.trim()), body: code.replace(statement, '') };
  });
}
