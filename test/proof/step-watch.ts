import type { Call, Invariant } from './world';
import type { SecretInspection, Step } from '../../simulator';

/** The part of the world that a watch reads. */
export interface Watched {
  readonly secret: SecretInspection;
  readonly rotation: { readonly token: string };
  /** Every version that has had AWSCURRENT, in that order. */
  readonly currents: readonly string[];
  /** The value of a version without the part that rotates. */
  restOfVersion(id: string): string;
  restOf(value: string): string;
  violate(invariant: Invariant, detail: string): void;
}

/** The fields of requests that identify the version, and the effect on it. */
export interface Request {
  readonly VersionId?: string;
  readonly VersionStage?: string;
  readonly ClientRequestToken?: string;
  readonly SecretString?: string;
}

/** The state of the secret at the beginning of a step. */
interface Beginning {
  readonly pending: boolean;
  readonly cancelled: boolean;
  readonly hasValue: boolean;
  /** The position of the current version among all that were AWSCURRENT. */
  readonly current: number;
}

/** One run of one step, with its reads. Its writes and its success must follow from them. */
export class StepWatch {
  private began: Beginning | undefined;
  private lagged = false;
  private othersPending = false;
  private readonly unanswered = new Set<string>();

  constructor(private readonly world: Watched, private readonly step: Step) {}

  /** Called before each call. The first call is the earliest time at which a step can have checked whether it may run. */
  public calls(): void {
    const { secret, rotation, currents } = this.world;
    this.began ??= {
      pending: secret.stages.AWSPENDING === rotation.token,
      cancelled: secret.rotationEnabled === false,
      hasValue: secret.value(rotation.token) !== undefined,
      current: currents.length - 1,
    };
  }

  public isAnswered(call: Call, request: Request, answer: { readonly VersionId?: string }, lag: number): void {
    if (call.kind === 'write') {
      this.wrote(call.operation, request);
      return;
    }
    this.lagged ||= lag > 0;
    this.unanswered.delete(nameOf(call, request));
    if (request.VersionStage === 'AWSPENDING') { this.othersPending = answer.VersionId !== this.world.rotation.token; }
  }

  public isRefused(call: Call, request: Request, error: Error, lag: number): void {
    this.lagged ||= lag > 0;
    if (call.kind === 'read' && error.name !== 'ResourceNotFoundException') { this.unanswered.add(nameOf(call, request)); }
    // Another copy may have been faster, or a read may have been stale. Otherwise the step could have known.
    if (call.operation === 'PutSecretValue' && error.name === 'ResourceExistsException' && this.began?.hasValue && !this.lagged) {
      this.world.violate('oneValue', 'a second one is put, which only the refusal of the service stops');
    }
  }

  public succeeded(): void {
    const { secret, rotation, currents } = this.world;
    if (this.othersPending) { this.world.violate('ownPending', `${this.step} succeeded with the value of another version`); }
    if (this.step === 'createSecret' && secret.value(rotation.token) === undefined) {
      this.world.violate('successIsTrue', 'createSecret succeeded, and the pending version has no value');
    }
    if (this.step === 'finishSecret' && !currents.includes(rotation.token)) {
      this.world.violate('successIsTrue', 'finishSecret succeeded, and AWSCURRENT has not moved');
    }
  }

  private wrote(operation: string, request: Request): void {
    const { rotation, currents } = this.world;
    const began = this.began!;
    if (this.unanswered.size > 0) {
      this.world.violate('unknownIsNotMissing', `${operation} though ${[...this.unanswered].join(', ')} failed`);
    }
    if (this.othersPending) { this.world.violate('ownPending', `${operation} after the value of another version was read`); }
    if (!this.lagged && began.cancelled) { this.world.violate('cancelledIsOver', operation); }
    if (!this.lagged && !began.pending) { this.world.violate('writesOnlyPending', `${operation}, and it was not when the step began`); }
    if (operation !== 'PutSecretValue') { return; }
    if (request.ClientRequestToken !== rotation.token) { this.world.violate('oneValue', 'the put made another version'); }
    const rest = this.world.restOf(request.SecretString ?? '');
    if (!currents.slice(this.lagged ? 0 : began.current).some((id) => this.world.restOfVersion(id) === rest)) {
      this.world.violate('restKept', 'the value that is put differs in more than that from the current one');
    }
  }
}

function nameOf({ operation }: Call, { VersionId, VersionStage }: Request): string {
  return [operation, VersionStage, VersionId && 'by id'].filter(Boolean).join(' ');
}
