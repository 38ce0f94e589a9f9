import type { Step } from './api';
import type { Boundary, Ending } from './boundaries';

/** The rotation's own writes, in the user's terms. */
const OWN: Record<string, readonly [before: string, after: string]> = {
  PutSecretValue: ['after createSecret had returned and before its value was stored', 'just after the value of createSecret was stored'],
  UpdateSecretVersionStage: ['after finishSecret was done and before AWSCURRENT moved', 'just after AWSCURRENT moved'],
};

/** Where a run was stopped, and how. */
export function whereOf({ step, own }: Boundary, ending: Ending, what: string): string {
  if (own) { return OWN[what][ending === 'diedBefore' ? 0 : 1]; }
  switch (ending) {
    case 'diedBefore': return `in ${step}, before ${what} was sent`;
    case 'diedAfter': return `in ${step}, after ${what} was done and before its reply was seen`;
    case 'cutBefore': return `in ${step}, at ${what}, which was never sent`;
    case 'cutAfter': return `in ${step}, at ${what}, which was done and whose reply was lost`;
  }
}

export const happened = (ending: Ending) => ending.startsWith('died') ? 'The function died' : 'The connection was lost';

/** How to make a step idempotent. */
export const REPEATABLE: Record<Step, string> = {
  createSecret: 'First look for what an earlier call has made, and use it or revoke it before making another',
  setSecret: 'First check whether the target accepts the pending value already, or use an idempotent call',
  testSecret: 'It has to accept the pending value every time',
  finishSecret: 'Treat a revoked credential as done',
};

export const ACCEPT_BOTH = 'Add the pending value beside the current one, and revoke that of AWSPREVIOUS at the end. If the target takes one credential at a time, set singleCredential';
