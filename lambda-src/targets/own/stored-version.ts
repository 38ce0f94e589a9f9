import { UNTESTED } from '../../rotation/admit';
import type { Deadline } from '../../rotation/deadline';
import { CurrentVersionMovedError, PendingValueMissingError, RotationError, VersionNotPendingError } from '../../rotation/errors';
import type { LabelledVersions, RotationIds, Stages, StoredVersionRules } from '../../target';

const CALL = 'Call PutSecretValue with ClientRequestToken: the pendingVersionId of the event, and VersionStages: ["AWSPENDING"]';

/** What is wrong with the staging labels after a target stored the value itself. Undefined if nothing is. */
function findLabelMistake(stages: Stages, { pending, current }: RotationIds): RotationError | undefined {
  const versionWith = (label: string) => [...stages].find(([, labels]) => labels.includes(label))?.[0];
  const [nowCurrent, nowPending] = [versionWith('AWSCURRENT'), versionWith('AWSPENDING')];
  if (nowCurrent === pending) { return untested(pending, versionWith('AWSPREVIOUS') ?? current); }
  if (nowCurrent !== undefined && nowCurrent !== current) {
    return new CurrentVersionMovedError(`While createSecret ran, AWSCURRENT moved from version ${current} to version ${nowCurrent}, which is not the version of this rotation, and `
      + `whose value was not tested. If createSecret stored it: ${CALL}. To go back, call UpdateSecretVersionStage with VersionStage AWSCURRENT, MoveToVersionId ${current}, `
      + `RemoveFromVersionId ${nowCurrent}. If the value was changed on purpose, call RotateSecret again`);
  }
  if (nowPending === pending) { return undefined; }
  const found = nowPending === undefined ? 'no version has it' : `version ${nowPending} has it`;
  return new VersionNotPendingError(`After createSecret, version ${pending} does not have the staging label AWSPENDING: ${found}. ${CALL}, and call RotateSecret again. `
    + 'AWSCURRENT did not move');
}

/** For the case that the label for retries couldn't be added. */
const NOT_LABELLED = `. The label ${UNTESTED} could not be given to it, so a retry of this rotation says that it succeeded`;

/** Also for each retry, which finds that the version is AWSCURRENT. */
function untested(pending: string, before?: string): CurrentVersionMovedError {
  const goBack = before === undefined ? 'give AWSCURRENT to the version that works, with UpdateSecretVersionStage'
    : `call UpdateSecretVersionStage with VersionStage AWSCURRENT, MoveToVersionId ${before}, RemoveFromVersionId ${pending}`;
  return new CurrentVersionMovedError(`createSecret stored version ${pending} without VersionStages: ["AWSPENDING"], so it got the staging label AWSCURRENT at once: readers have a value `
    + `that was neither set nor tested. AWSPREVIOUS is on ${before === undefined ? 'no version' : `the version before, ${before}`}. ${CALL}. To go back, ${goBack}, and remove AWSPENDING `
    + `from version ${pending} if it has it. If the value works, keep it. In both cases remove the staging label ${UNTESTED} from version ${pending}: this rotation fails as long as it has it`);
}

/** The target said that it stored the value, but did not. */
function nothingStored(pending: string): PendingValueMissingError {
  return new PendingValueMissingError(`createSecret ended without an error, and version ${pending} has no value. ${CALL}. Secrets Manager retries the rotation, from createSecret`);
}

/** Checks the labels also if `create` fails: it may have stored a value, and the retry couldn't know. */
async function store(create: () => Promise<unknown>, ids: RotationIds, versions: LabelledVersions, deadline: Deadline): Promise<undefined> {
  let failure: { readonly error: unknown } | undefined;
  try {
    await create();
  } catch (error) {
    failure = { error };
  }
  if (deadline.signal.aborted && failure) { throw failure.error; }
  const mistake = await labelMistake(ids, versions).catch((error: unknown) => { throw failure?.error ?? error; });
  if (mistake instanceof CurrentVersionMovedError && failure?.error instanceof RotationError) {
    throw new CurrentVersionMovedError(`${mistake.message}. createSecret also failed: ${failure.error.message}`);
  }
  if (failure) { throw failure.error; }
  if (mistake) { throw mistake; }
  if (!await deadline.reread(() => versions.pending())) { throw nothingStored(ids.pending); }
}

async function labelMistake(ids: RotationIds, versions: LabelledVersions): Promise<RotationError | undefined> {
  const { stages } = await versions.describe();
  const mistake = findLabelMistake(stages, ids);
  // DescribeSecret may lag behind, so this also reads the value that readers get.
  const isCurrent = stages.get(ids.pending)?.includes('AWSCURRENT') || (await versions.current())?.versionId === ids.pending;
  if (!isCurrent) { return mistake; }
  const { message } = mistake ?? untested(ids.pending, ids.current);
  return new CurrentVersionMovedError(await versions.label(UNTESTED) ? message : message + NOT_LABELLED);
}

export const storedVersionRules: StoredVersionRules = { store, refuse: (pending, before) => { throw untested(pending, before); } };
