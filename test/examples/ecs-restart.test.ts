/* The rule of the example, with the event that the function really puts on its bus. */
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { RestartStack } from '../../examples/ecs-restart/restart-stack';
import { BUS, CREDENTIALS, PublishingEndpoint } from '../../servers/stand-ins/publishing-endpoint';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig } from '../../src/contract';
import { FunctionProcess } from '../../tools/function-process';
import { resourcesOf, SECRET } from '../fixture';

const stack = new RestartStack(new App(), 'Stack');
const RULE = 'AWS::Events::Rule';
const [rule] = resourcesOf(stack, RULE).filter(({ properties }) => properties.EventPattern !== undefined);
const [{ id: secretId }] = resourcesOf(stack, SECRET);

/** The events that the function puts for the rotation of a secret with this name, as EventBridge delivers them. */
async function eventsOf(name: string): Promise<{ readonly arn: string; readonly events: Record<string, unknown>[] }> {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret(name, '{"username":"user1","password":"first-value-of-all"}');
  const [service, endpoint] = [await SecretsManagerServer.start(simulator), await PublishingEndpoint.start()];
  const fn = await FunctionProcess.start({
    environment: {
      ...CREDENTIALS,
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(__dirname, '..', '..', 'assets', 'generated'),
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint.url,
      [CONFIG_VARIABLE]: serializeConfig({ target: 'generated', generateStringKey: 'password', passwordPolicy: {}, eventBusArn: BUS }),
    },
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
    timeoutMs: 30_000,
    onLine: () => {},
  });
  try {
    await rotate(simulator, arn, { invoke: (event) => fn.invoke(event) });
    return {
      arn,
      events: endpoint.entries.map(({ Source, DetailType, Resources, Detail }) => (
        { 'source': Source, 'detail-type': DetailType, 'resources': Resources, 'detail': JSON.parse(Detail) }
      )),
    };
  } finally {
    await Promise.all([fn.kill(), service.stop(), endpoint.stop()]);
  }
}

/** Patterns with lists of texts only: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html */
function matches(pattern: Record<string, unknown>, event: Record<string, unknown>): boolean {
  return Object.entries(pattern).every(([field, allowed]) => {
    if (!Array.isArray(allowed) || !allowed.every((text) => typeof text === 'string')) { throw new Error(`This matcher does not know ${JSON.stringify(allowed)}`); }
    return [event[field]].flat().some((value) => (allowed as unknown[]).includes(value));
  });
}

test('the rule matches the notifications of this secret, and of no other', async () => {
  const { arn, events } = await eventsOf('password');
  expect(events).toHaveLength(1);
  const pattern = JSON.stringify(rule.properties.EventPattern);
  const patternFor = (secretArn: string) => JSON.parse(pattern.replace(JSON.stringify({ Ref: secretId }), JSON.stringify(secretArn)));
  expect(matches(patternFor(arn), events[0])).toBe(true);
  expect(matches(patternFor(`${arn}x`), events[0])).toBe(false);
  expect(matches(patternFor(arn), { ...events[0], source: 'aws.secretsmanager' })).toBe(false);
});

test('the rule is on the bus that the function puts its events on', () => {
  const [bus] = resourcesOf(stack, 'AWS::Events::EventBus');
  expect(rule.properties.EventBusName).toEqual({ Ref: bus.id });
  const functions = resourcesOf(stack, 'AWS::Lambda::Function').map(({ properties }) => JSON.stringify(properties.Environment.Variables));
  expect(functions.filter((variables) => variables.includes(`"Fn::GetAtt":["${bus.id}","Arn"]`))).toHaveLength(1);
});

test('the rule starts a new deployment of the one service, and has no other permission', () => {
  const [machine] = resourcesOf(stack, 'AWS::StepFunctions::StateMachine');
  const [service] = resourcesOf(stack, 'AWS::ECS::Service');
  expect(rule.properties.Targets).toMatchObject([{ Arn: { Ref: machine.id } }]);
  const definition = JSON.stringify(machine.properties.DefinitionString);
  expect(definition).toContain(':states:::aws-sdk:ecs:updateService');
  expect(definition).toContain('\\"ForceNewDeployment\\":true');
  const statements: any[] = resourcesOf(stack, 'AWS::IAM::Policy').flatMap(({ properties }) => properties.PolicyDocument.Statement);
  const ofEcs = statements.filter(({ Action }) => [Action].flat().some((action: string) => action.startsWith('ecs:')));
  expect(ofEcs).toEqual([{ Action: 'ecs:updateService', Effect: 'Allow', Resource: { Ref: service.id } }]);
});
