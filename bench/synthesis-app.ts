/* Synthesizes one app of many secrets, and prints the cost. Arguments: the kind of construct, and the number. */
import { statSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget } from '../src';

const generateSecretString = { secretStringTemplate: JSON.stringify({ username: 'app' }), generateStringKey: 'password' };
const REPOSITORY = process.env.REPOSITORY!;

const makeFunction = (stack: Stack, id: string) => new NodejsFunction(stack, id, {
  entry: join(REPOSITORY, 'bench', 'peers', 'generated.ts'),
  projectRoot: REPOSITORY,
  depsLockFilePath: join(REPOSITORY, 'package-lock.json'),
  runtime: new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS),
  architecture: lambda.Architecture.ARM_64,
  timeout: Duration.seconds(30),
  bundling: { minify: true },
});

const APPS: Record<string, (stack: Stack, secrets: number) => void> = {
  ours(stack, secrets) {
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.generated({ generateStringKey: 'password' }) });
    for (let n = 0; n < secrets; n++) {
      new RotatingSecret(stack, `Secret${n}`, { rotationFunction, generateSecretString: { secretStringTemplate: generateSecretString.secretStringTemplate } });
    }
  },
  oursAlone(stack) {
    new RotatingSecret(stack, 'Secret', { generateSecretString });
  },
  sharedFunction(stack, secrets) {
    const rotationLambda = makeFunction(stack, 'Rotation');
    for (let n = 0; n < secrets; n++) {
      new secretsmanager.Secret(stack, `Secret${n}`, { generateSecretString }).addRotationSchedule('Schedule', { rotationLambda, automaticallyAfter: Duration.days(30), rotateImmediatelyOnUpdate: false });
    }
  },
  functionEach(stack, secrets) {
    for (let n = 0; n < secrets; n++) {
      new secretsmanager.Secret(stack, `Secret${n}`, { generateSecretString }).addRotationSchedule('Schedule', {
        rotationLambda: makeFunction(stack, `Rotation${n}`), automaticallyAfter: Duration.days(30), rotateImmediatelyOnUpdate: false,
      });
    }
  },
};

const [, , whose, secrets] = process.argv;
const outdir = mkdtempSync(join(tmpdir(), 'bench-app-'));
try {
  const start = performance.now();
  const app = new App({ outdir, context: { '@aws-cdk/core:checkSecretUsage': true } });
  const stack = new Stack(app, 'Bench');
  APPS[whose](stack, Number(secrets));
  app.synth();
  const milliseconds = performance.now() - start;
  const template = join(outdir, 'Bench.template.json');
  const { Resources } = JSON.parse(readFileSync(template, 'utf8')) as { Resources: Record<string, { Type: string }> };
  const resources = Object.values(Resources).filter(({ Type }) => Type !== 'AWS::CDK::Metadata').length;
  console.log(JSON.stringify({ milliseconds, bytes: statSync(template).size, resources }));
} finally {
  rmSync(outdir, { recursive: true });
}
