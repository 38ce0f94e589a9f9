import { SUBJECTS, type HandlerDependencies, type Subject } from './subjects';
import type { SignedCall } from '../../lambda-src/aws/signed-call';
import { makeHandler } from '../../lambda-src/handler';
import { eventBus } from '../../lambda-src/notification/event-bus';
import { notifier } from '../../lambda-src/notification/notify';
import { findCallProblem, foreignAnswer } from '../../lambda-src/rotation/service-errors';
import { generatedTarget } from '../../lambda-src/targets/generated/target';

const BUS = 'arn:aws:events:us-east-1:111122223333:event-bus/rotations';

/** A bus that accepts every event. The call that brings the event is a boundary like every other. */
function putEvents({ perform, tell }: Pick<HandlerDependencies, 'perform' | 'tell'>): SignedCall {
  return ({ body }) => perform('PutEvents', 'write', async () => {
    const { Entries } = JSON.parse(String(body)) as { Entries: { Detail: string }[] };
    for (const { Detail } of Entries) { tell(Detail); }
    return { status: 200, body: JSON.stringify({ FailedEntryCount: 0, Entries: Entries.map((_entry, n) => ({ EventId: `event-${n}` })) }) };
  });
}

const telling = (name: string, makeSubjectHandler: Subject['makeHandler']): Subject => {
  const [subject] = SUBJECTS;
  return { ...subject, name: `${subject.name}, ${name}`, config: { ...subject.config, eventBusArn: BUS }, tells: true, makeHandler: makeSubjectHandler };
};

/** A handler that publishes every promotion to a bus. */
export const TELLING = telling('telling a bus', (dependencies) => makeHandler(generatedTarget, {
  ...dependencies, notifierOf: () => notifier(eventBus(BUS), putEvents(dependencies), { findCallProblem, foreignAnswer }),
}));

/** A handler that ignores a failed notification. */
export const FORGETFUL = telling('telling a bus if it can', (dependencies) => makeHandler(generatedTarget, {
  ...dependencies,
  notifierOf: () => async ({ secretId, versionId }) => {
    await dependencies.perform('PutEvents', 'write', async () => { dependencies.tell(JSON.stringify({ secretId, versionId })); }).catch(() => {});
    return undefined;
  },
}));

/** A handler that publishes before the promotion. */
export const EAGER = telling('telling a bus beforehand', (dependencies) => {
  const handler = makeHandler(generatedTarget, { ...dependencies, notifierOf: () => undefined });
  return async (event, context) => {
    const { Step, SecretId: secretId, ClientRequestToken: versionId } = event as { Step: string; SecretId: string; ClientRequestToken: string };
    if (Step === 'finishSecret') { await dependencies.perform('PutEvents', 'write', async () => { dependencies.tell(JSON.stringify({ secretId, versionId })); }); }
    await handler(event, context);
  };
});
