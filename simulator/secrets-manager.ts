import { validation } from './errors';
import type { RotationEventName, ServiceEvent } from './events';
import { SecretInspection } from './inspection';
import { IMPLEMENTATIONS } from './operations';
import type { Context, Implementation } from './operations/context';
import { completeRotation, failRotation } from './operations/rotation';
import { DEFAULT_SWITCHES } from './options';
import type { InterceptedCall, Interceptor, SimulatorOptions, Switches } from './options';
import { SeededRandom, randomUuid } from './random';
import { checkRequest } from './requests';
import { EMPTY_STATE, findSecret, withSecret } from './state';
import type { Secret, State } from './state';
import { OPERATIONS } from './types';
import type { Inputs, Operation, Outputs } from './types';

const CLOCK_START = Date.UTC(2026, 0, 1);
const MAX_LAG = 100;

/** A recorded call. */
export interface Call {
  readonly index: number;
  readonly operation: Operation;
  readonly kind: 'read' | 'write';
  /** As given: a name or an ARN. */
  readonly secretId?: string;
  /** The version in the request: its ClientRequestToken, VersionId or MoveToVersionId. */
  readonly token?: string;
  /** The labels in the request. */
  readonly stages?: readonly string[];
  /** Only with `recordInputs`. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** How many writes the answer lagged behind. */
  readonly lag: number;
  /** Whether the operation changed anything. */
  readonly changed: boolean;
  /** The name of the error that the caller got. `lost` if the operation was done but the answer was an error. */
  readonly error?: string;
  readonly lost: boolean;
}

type MutableCall = { -readonly [K in keyof Call]: Call[K] };

/** The whole state of a run. Opaque, and cheap. */
export interface Snapshot {
  readonly state: State;
  readonly history: readonly State[];
  readonly events: readonly ServiceEvent[];
  readonly calls: readonly Call[];
  readonly randomState: number;
}

/**
 * Secrets Manager in memory: the operations that a rotation uses, strictly.
 *
 * `execute` is for the client of a function, with lag, faults and a log. `perform` is for the owner of the secret: at once, up to date, and not
 * in the log.
 */
export class SecretsManagerSimulator {
  /** May be replaced at any time. */
  public intercept: Interceptor | undefined;
  /** May be replaced at any time. */
  public lag: ((call: InterceptedCall) => number) | undefined;
  private readonly switches: Switches;
  private readonly seeded: SeededRandom;
  private readonly random: () => number;
  private state: State = EMPTY_STATE;
  private history: readonly State[] = [];
  private eventLog: readonly ServiceEvent[] = [];
  private callLog: MutableCall[] = [];

  constructor(private readonly options: SimulatorOptions = {}) {
    this.switches = { ...DEFAULT_SWITCHES, ...withoutUndefined(options) };
    this.seeded = new SeededRandom(options.seed ?? 1);
    this.random = options.random ?? (() => this.seeded.next());
    this.intercept = options.intercept;
    this.lag = options.lag;
  }

  /** The rotation events so far, as in CloudTrail. */
  public get events(): readonly ServiceEvent[] { return this.eventLog; }

  /** The calls through `execute`, in order. */
  public get calls(): readonly Call[] { return this.callLog; }

  public resetCalls(): void { this.callLog = []; }

  /** An operation that a client calls. */
  public async execute<O extends Operation>(operation: O, input: Inputs[O], around?: Interceptor): Promise<Outputs[O]> {
    const kind = OPERATIONS[operation];
    const given = input as Readonly<Record<string, unknown>>;
    const intercepted: InterceptedCall = { operation, kind, input: given, index: this.callLog.length };
    const call = this.remember(intercepted);
    try {
      if (around) { await around({ ...intercepted, phase: 'before' }); }
      if (this.intercept) { await this.intercept({ ...intercepted, phase: 'before' }); }
      call.lag = kind === 'read' ? Math.min(Math.max(this.lag?.(intercepted) ?? 0, 0), this.history.length) : 0;
      const read = call.lag === 0 ? this.state : this.history[this.history.length - call.lag];
      const before = this.state;
      const output = this.apply(operation, input, read);
      call.changed = this.state !== before;
      call.lost = true;
      if (this.intercept) { await this.intercept({ ...intercepted, phase: 'after' }); }
      if (around) { await around({ ...intercepted, phase: 'after' }); }
      call.lost = false;
      return output;
    } catch (error) {
      call.error = error instanceof Error ? error.name : typeof error;
      throw error;
    }
  }

  /** An operation by the owner of the secret. A missing ClientRequestToken is made, as in the SDK. */
  public perform<O extends Operation>(operation: O, input: Inputs[O]): Outputs[O] {
    const request: Inputs[O] & { ClientRequestToken?: string } = { ...input };
    if (takesToken(operation)) { request.ClientRequestToken ??= this.newToken(); }
    return this.apply(operation, request, this.state);
  }

  /** Creates a secret, with a value or without one, and returns its ARN. */
  public createSecret(name: string, value?: string | Uint8Array): string {
    const given = typeof value === 'string' ? { SecretString: value } : { SecretBinary: value };
    return this.perform('CreateSecret', { Name: name, ...given }).ARN!;
  }

  /** Tags a secret, as its deployment does. */
  public tag(secretId: string, key: string, value: string): void {
    const secret = findSecret(this.state, secretId);
    this.commit(withSecret(this.state, { ...secret, tags: new Map([...secret.tags ?? [], [key, value]]) }), []);
  }

  /** A new UUID, from the shared random numbers. */
  public newToken(): string { return randomUuid(this.random); }

  /** Whether the secret exists and isn't scheduled for deletion. */
  public exists(arn: string): boolean {
    const secret = this.state.secrets.get(arn);
    return secret !== undefined && secret.deletionAt === undefined;
  }

  public inspect(secretId: string): SecretInspection { return new SecretInspection(findSecret(this.state, secretId)); }

  /** For the service: all steps of the rotation in progress have succeeded. */
  public completeRotation(secretId: string): void { this.conclude(secretId, completeRotation); }

  /** For the service: a step of the rotation in progress has failed. */
  public failRotation(secretId: string, step: string): void {
    this.conclude(secretId, (context, secret) => failRotation(context, secret, step));
  }

  public snapshot(): Snapshot {
    const { state, history, eventLog: events } = this;
    return { state, history, events, calls: this.callLog.map((call) => ({ ...call })), randomState: this.seeded.state };
  }

  public restore(snapshot: Snapshot): void {
    this.state = snapshot.state;
    this.history = snapshot.history;
    this.eventLog = snapshot.events;
    this.callLog = snapshot.calls.map((call) => ({ ...call }));
    this.seeded.state = snapshot.randomState;
  }

  /** An independent copy with the same state and options, except the given ones. */
  public clone(overrides: SimulatorOptions = {}): SecretsManagerSimulator {
    const branch = new SecretsManagerSimulator({ ...this.options, intercept: this.intercept, lag: this.lag, ...overrides });
    branch.restore(this.snapshot());
    if (overrides.seed !== undefined) { branch.seeded.state = overrides.seed; }
    return branch;
  }

  private apply<O extends Operation>(operation: O, input: Inputs[O], read: State): Outputs[O] {
    const implementation: Implementation<O> = IMPLEMENTATIONS[operation];
    const request = checkRequest(operation, input);
    const events: ServiceEvent[] = [];
    const context = this.contextOf(read, events, OPERATIONS[operation] === 'write');
    const { state, output } = implementation(context, request);
    if (state) { this.commit(state, events); }
    return output;
  }

  private conclude(secretId: string, outcome: (context: Context, secret: Secret) => Secret): void {
    const secret = findSecret(this.state, secretId);
    if (!secret.inProgress) { throw validation('No rotation of this secret is in progress.'); }
    const events: ServiceEvent[] = [];
    const changed = outcome(this.contextOf(this.state, events, true), secret);
    this.commit(withSecret(this.state, changed), events);
  }

  private contextOf(state: State, events: ServiceEvent[], write: boolean): Context {
    const at = write ? this.dateOfWrite() : 0;
    const emit = (name: RotationEventName, secret: Secret, token: string, step?: string) => {
      events.push({ name, secretId: secret.arn, token, ...step !== undefined && { step }, at });
    };
    return { state, at, random: this.random, switches: this.switches, emit };
  }

  private dateOfWrite(): number {
    return this.options.now ? this.options.now() : CLOCK_START + (this.state.writes + 1) * (this.options.clockStep ?? 1000);
  }

  private commit(state: State, events: readonly ServiceEvent[]): void {
    this.history = [...this.history.slice(1 - MAX_LAG), this.state];
    this.state = { ...state, writes: this.state.writes + 1 };
    if (events.length > 0) { this.eventLog = [...this.eventLog, ...events]; }
  }

  private remember({ operation, kind, input, index }: InterceptedCall): MutableCall {
    const { SecretId, Name, ClientRequestToken, VersionId, MoveToVersionId, VersionStage, VersionStages } = input;
    const call: MutableCall = {
      index,
      operation,
      kind,
      secretId: (SecretId ?? Name) as string | undefined,
      token: (ClientRequestToken ?? VersionId ?? MoveToVersionId) as string | undefined,
      stages: (VersionStages ?? (VersionStage === undefined ? undefined : [VersionStage])) as string[] | undefined,
      lag: 0,
      changed: false,
      lost: false,
    };
    if (this.options.recordInputs) { call.input = { ...input }; }
    this.callLog.push(call);
    return call;
  }
}

/** Whether the SDK makes a ClientRequestToken for the operation if none is given. */
export function takesToken(operation: Operation): boolean {
  return operation === 'CreateSecret' || operation === 'PutSecretValue' || operation === 'RotateSecret' || operation === 'UpdateSecret';
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

