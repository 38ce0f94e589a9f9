/* The rules on rotations in templates, for every way in which a secret can be known, and events that they must match and must not match. */
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { EVENT_NAMES, labelUpdated, rotateSecretCall, sampleEvent, type EventName, type SampleEvent } from './samples';
import { deployed, exportsOf, type Deployed } from './template';
import { RotatingSecret, type Rotation, RotationFunction } from '../../src';

const ACCOUNT = '111111111111';
const REGION = 'eu-west-1';
const ENV = { account: ACCOUNT, region: REGION };
const arnOf = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;

/** The name of the secret in every case, and its ARN. */
const NAME = 'my-app/db';
export const ARN = arnOf(`${NAME}-AbCdEf`);

export const METHODS = { RotationSucceeded: 'onRotationSucceeded', RotationFailed: 'onRotationFailed', RotationAbandoned: 'onRotationAbandoned' } as const;

/** A secret that is known in some way. */
interface Known {
  readonly rotation: Rotation;
  /** The stack with its rules. */
  readonly stack: Stack;
  /** The ARN by its reference in the templates. */
  readonly refs?: Readonly<Record<string, string>>;
  /** The stacks whose exports the stack of the rules imports. */
  readonly exporters?: readonly Stack[];
  readonly options?: events.OnEventOptions;
}

export interface EventCase {
  readonly name: string;
  /** The pattern that EventBridge gets. */
  readonly pattern: Record<string, unknown>;
  /** The pattern in the template. */
  readonly template: Record<string, unknown>;
  readonly matching: readonly SampleEvent[];
  readonly others: readonly SampleEvent[];
}

const idOf = (construct: IConstruct) => Stack.of(construct).getLogicalId(construct.node.defaultChild as any);

/** A function in one stack that rotates a secret of another stack. */
function adopted(find: (stack: Stack) => ISecret, env?: typeof ENV): Known {
  const app = new App();
  const fn = new RotationFunction(new Stack(app, 'Functions', { env }), 'Rotation');
  const stack = new Stack(app, 'Secrets', { env });
  const secret = find(stack);
  return { rotation: fn.rotate(secret), stack, refs: secret instanceof Secret ? { [idOf(secret)]: ARN } : {} };
}

/** Every way in which a secret can be known, and whether it identifies the secret for certain. */
export const WAYS: Record<string, { readonly make: () => Known; readonly isCertain: boolean }> = {
  'a RotatingSecret': {
    isCertain: true,
    make: () => {
      const stack = new Stack(new App(), 'Stack');
      const secret = new RotatingSecret(stack, 'Secret');
      return { rotation: secret.rotation, stack, refs: { [idOf(secret)]: ARN } };
    },
  },
  'a RotatingSecret with a name, and its function in another stack': {
    isCertain: true,
    make: () => {
      const app = new App();
      const rotationFunction = new RotationFunction(new Stack(app, 'Functions', { env: ENV }), 'Rotation');
      const stack = new Stack(app, 'Secrets', { env: ENV });
      const secret = new RotatingSecret(stack, 'Secret', { secretName: NAME, rotationFunction });
      return { rotation: secret.rotation, stack, refs: { [idOf(secret)]: ARN } };
    },
  },
  'a RotatingSecret, with the rules in the stack of who wants to know': {
    isCertain: true,
    make: () => {
      const app = new App();
      const secrets = new Stack(app, 'Secrets', { env: ENV });
      const secret = new RotatingSecret(secrets, 'Secret');
      const stack = new Stack(app, 'Readers', { env: ENV });
      return { rotation: secret.rotation, stack, refs: { [idOf(secret)]: ARN }, exporters: [secrets], options: { crossStackScope: stack } };
    },
  },
  'a Secret that is adopted': { isCertain: true, make: () => adopted((stack) => new Secret(stack, 'Secret'), ENV) },
  'a secret imported by its complete ARN': { isCertain: true, make: () => adopted((stack) => Secret.fromSecretCompleteArn(stack, 'Secret', ARN)) },
  'a secret whose complete ARN is a parameter': {
    isCertain: true,
    make: () => {
      const known = adopted((stack) => Secret.fromSecretCompleteArn(stack, 'Secret', new CfnParameter(stack, 'SecretArn').valueAsString));
      return { ...known, refs: { SecretArn: ARN } };
    },
  },
  'a secret that a database is attached to': {
    isCertain: true,
    make: () => {
      const stack = new Stack(new App(), 'Stack', { env: ENV });
      const vpc = new ec2.Vpc(stack, 'Vpc');
      const database = new rds.DatabaseInstance(stack, 'Database', { vpc, engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('16', '16') }) });
      const rotation = new RotationFunction(stack, 'Rotation').rotate(database.secret!);
      return { rotation, stack, refs: { [idOf(database.secret!)]: ARN } };
    },
  },
  'a secret imported by its partial ARN': { isCertain: false, make: () => adopted((stack) => Secret.fromSecretPartialArn(stack, 'Secret', arnOf(NAME))) },
  'a secret imported by its name': { isCertain: false, make: () => adopted((stack) => Secret.fromSecretNameV2(stack, 'Secret', NAME)) },
};

/** Events of other secrets. Only a complete ARN distinguishes the first one. */
const similarSecret = arnOf(`${NAME}-replica-AbCdEf`);
const otherSecrets = [
  arnOf('my-app/other-AbCdEf'), arnOf(`${NAME}2-AbCdEf`), arnOf(`team/${NAME}-AbCdEf`), arnOf('My-App/db-AbCdEf'), ARN.replace(REGION, 'eu-west-2'), ARN.replace(ACCOUNT, '222222222222'),
];

export function casesOf(way: string): EventCase[] {
  const { make, isCertain } = WAYS[way];
  const { rotation, stack, refs = {}, exporters = [], options } = make();
  const rules = Object.entries(METHODS).map(([eventName, method]) => ({
    eventName: eventName as EventName, rule: rotation[method](`On${eventName}`, options),
  }));
  const context: Deployed = { account: ACCOUNT, region: REGION, refs };
  const exported = Object.assign({}, ...exporters.map((exporter) => exportsOf(exporter, context)));
  const { Resources: resources } = (stack.node.root as App).synth({ force: true }).getStackByName(stack.stackName).template;
  return rules.map(({ eventName, rule }) => {
    const template = resources[idOf(rule)].Properties.EventPattern;
    return {
      name: `${METHODS[eventName as keyof typeof METHODS]} of ${way}`,
      template,
      pattern: deployed(template, { ...context, exports: exported }) as Record<string, unknown>,
      matching: [sampleEvent(eventName, ARN), ...isCertain ? [] : [sampleEvent(eventName, arnOf(`${NAME}-GhIjKl`)), sampleEvent(eventName, similarSecret)]],
      others: [
        ...otherSecrets.map((arn) => sampleEvent(eventName, arn)),
        ...isCertain ? [sampleEvent(eventName, arnOf(`${NAME}-GhIjKl`)), sampleEvent(eventName, similarSecret)] : [],
        ...EVENT_NAMES.filter((other) => other !== eventName).map((other) => sampleEvent(other, ARN)),
        rotateSecretCall(ARN),
        labelUpdated(ARN),
        { ...sampleEvent(eventName, ARN), source: 'my.app' },
      ],
    };
  });
}
