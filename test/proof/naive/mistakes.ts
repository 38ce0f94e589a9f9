import type { ScenarioName } from '../scenarios';
import type { Invariant } from '../world';

/** A known mistake of rotation functions, and how to catch it. */
interface Expectation {
  readonly does: string;
  readonly scenario: ScenarioName;
  readonly breaks: Invariant;
}

export const MISTAKES = {
  anyErrorIsNotFound: { does: 'takes any error of a read for "not found"', scenario: 'everyFault', breaks: 'unknownIsNotMissing' },
  pendingWithoutVersion: { does: 'reads the pending value by its label alone', scenario: 'pendingTaken', breaks: 'ownPending' },
  pendingNotChecked: { does: 'does not ask whether its version has AWSPENDING', scenario: 'pendingTaken', breaks: 'writesOnlyPending' },
  cancelNotChecked: { does: 'does not ask whether rotation is enabled', scenario: 'cancelled', breaks: 'cancelledIsOver' },
  promotedNotExpected: { does: 'fails a retry that comes after AWSCURRENT moved', scenario: 'everyStop', breaks: 'recovers' },
  looksOnce: { does: 'takes what a lagging read does not show for missing', scenario: 'everyStaleRead', breaks: 'recovers' },
  admitsInParallel: { does: 'looks whether it may run while it runs, to save time', scenario: 'everyStop', breaks: 'failureIsLast' },

  secondValue: { does: 'puts a value without looking whether a retry finds one', scenario: 'everyStop', breaks: 'oneValue' },
  putsWithoutToken: { does: 'puts the value without the ClientRequestToken', scenario: 'undisturbed', breaks: 'oneValue' },
  putsWithoutRotationToken: { does: 'puts the value without the RotationToken', scenario: 'undisturbed', breaks: 'recovers' },
  promotesBeforeTest: { does: 'puts the value without a label, so as AWSCURRENT', scenario: 'undisturbed', breaks: 'promotesTested' },
  simplyPuts: { does: 'puts the value with neither token nor label', scenario: 'undisturbed', breaks: 'promotesOwnVersion' },
  otherKeysLost: { does: 'makes a new JSON object of the keys that it knows', scenario: 'undisturbed', breaks: 'restKept' },
  reprintsJson: { does: 'parses the JSON and prints it again', scenario: 'undisturbed', breaks: 'restKept' },
  cachesCurrent: { does: 'keeps the current value for later invocations', scenario: 'warmProcess', breaks: 'restKept' },

  dialsPendingHost: { does: 'connects to whatever host the pending value names', scenario: 'foreignHost', breaks: 'dialsOwnHost' },
  testSkipped: { does: 'leaves testSecret for later', scenario: 'unusablePending', breaks: 'currentUsable' },
  testWrites: { does: 'labels the version in testSecret', scenario: 'undisturbed', breaks: 'testWritesNothing' },
  testRefusesCopy: { does: 'refuses in testSecret what equals the current value', scenario: 'testAlone', breaks: 'testsAlone' },

  promotesStale: { does: 'does not compare the pending value with the current one', scenario: 'manualPut', breaks: 'nothingStale' },
  labelForced: { does: 'moves AWSCURRENT even where that is refused at first', scenario: 'manualPut', breaks: 'nothingStale' },

  valueLogged: { does: 'logs the new value', scenario: 'undisturbed', breaks: 'nothingSaid' },
  eventLogged: { does: 'logs the event, and so the RotationToken', scenario: 'undisturbed', breaks: 'nothingSaid' },
  valueInError: { does: 'says in an error which value was refused', scenario: 'unusablePending', breaks: 'nothingSaid' },
  causeInError: { does: 'quotes the JSON parser, which quotes the value', scenario: 'unusablePending', breaks: 'nothingSaid' },
  rawErrors: { does: 'lets errors out as they come', scenario: 'everyStop', breaks: 'errorNamed' },
  errorsSwallowed: { does: 'logs errors, and ends well', scenario: 'everyStop', breaks: 'successIsTrue' },
} as const satisfies Record<string, Expectation>;

export type Mistake = keyof typeof MISTAKES;
