import { Harness } from '../../harness';

/** An operation that was sent to a server. */
export interface Sent {
  readonly operation: string;
  readonly args?: unknown;
  /** Whether the server accepted it. */
  succeeded: boolean;
}

/** A secret of a user of a real directory, with the handler that rotates it. */
export abstract class DirectoryHarness extends Harness {
  public readonly sent: Sent[] = [];

  /** Whether the server lets in the user of a version. */
  public abstract isAccepted(versionIdOrStage: string): Promise<boolean>;

  /** Passwords that must not be logged. */
  public abstract get passwords(): string[];

  /** The names of the user, which must not be logged. */
  public abstract get names(): string[];

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }

  protected async watch<T>(operation: string, promise: Promise<T>, args?: unknown): Promise<T> {
    const record: Sent = { operation, args, succeeded: false };
    this.sent.push(record);
    const result = await promise;
    record.succeeded = true;
    return result;
  }
}
