import type { Step } from './api';
import type { Ending, Invocation } from './boundaries';
import { SecretsManagerServer, type SecretsManagerSimulator } from '../simulator';
import { accessDenied } from '../simulator/faults';
import type { InterceptedCall } from '../simulator/options';

/** The permissions that `RotationTarget.invoke` grants to the function. */
export interface Grants {
  readonly createSecret: boolean;
  readonly versionStages: readonly string[];
}

/** A call of the function to Secrets Manager. */
export interface FunctionCall {
  readonly step: Step;
  readonly operation: string;
  readonly kind: 'read' | 'write';
  /** What IAM would deny, and what to do about it. */
  readonly denied?: string;
}

/** Secrets Manager for the user's function: over HTTP, with only the permissions that the construct grants. */
export class Account {
  public simulator!: SecretsManagerSimulator;
  public readonly calls: FunctionCall[] = [];
  /** The values that the function put. */
  public readonly put = new Set<string>();

  constructor(private readonly grants: Grants) {}

  /**
   * @param invocationOf returns the invocation that the calls come from
   * @param hasBoundaries whether each call is a boundary, if nothing else makes it one
   */
  public serve(invocationOf: () => Invocation | undefined, hasBoundaries: boolean, port?: number): Promise<SecretsManagerServer> {
    const endings = new Map<number, Ending | undefined>();
    return SecretsManagerServer.start({ execute: (...call) => this.simulator.execute(...call) }, {
      port,
      before: (call) => {
        const invocation = invocationOf();
        if (hasBoundaries) {
          const ending = invocation?.reach(call.operation);
          if (ending === 'diedBefore') { invocation?.die(); }
          if (ending?.endsWith('Before')) { throw new Error('cut'); }
          endings.set(call.index, ending);
        }
        this.admit(call, invocation?.step);
      },
      after: ({ index }) => {
        const ending = endings.get(index);
        if (ending === 'diedAfter') { invocationOf()?.die(); }
        if (ending?.endsWith('After')) { throw new Error('cut'); }
      },
    });
  }

  /** @throws ServiceError if IAM would deny the call */
  private admit({ operation, kind, input }: InterceptedCall, step?: Step): void {
    const denied = this.findDenial(operation, input);
    if (typeof input.SecretString === 'string') { this.put.add(input.SecretString); }
    if (step) { this.calls.push({ step, operation, kind, denied }); }
    if (denied !== undefined) { throw accessDenied(`secretsmanager:${operation}`); }
  }

  private findDenial(operation: string, { VersionStage }: InterceptedCall['input']): string | undefined {
    const { createSecret, versionStages } = this.grants;
    const labels = versionStages.join(', ');
    if (operation === 'GetSecretValue') {
      if (typeof VersionStage !== 'string') { return `names no VersionStage, and IAM distinguishes versions by nothing else. Give it together with the VersionId: one of ${labels}`; }
      return versionStages.includes(VersionStage) ? undefined : `asks for ${VersionStage}, and the function may read ${labels}. Add ${VersionStage} to versionStages, in the app and here`;
    }
    if (operation === 'PutSecretValue') { return createSecret ? undefined : 'needs createSecret in the app, and here'; }
    return `is not granted to the function, which may ${createSecret ? 'GetSecretValue and PutSecretValue' : 'GetSecretValue'} and nothing else. Leave it out: the rotation does that`;
  }
}
