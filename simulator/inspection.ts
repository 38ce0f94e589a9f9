import { stagesOf } from './state';
import type { RotationInProgress, Secret, SecretValue } from './state';

export interface InspectedVersion {
  readonly id: string;
  readonly stages: readonly string[];
  readonly hasValue: boolean;
  readonly createdAt: number;
}

/** How a secret stands, for a test's invariants. It sees everything, including values, and doesn't count as a call. */
export class SecretInspection {
  constructor(private readonly secret: Secret) {}

  public get arn(): string { return this.secret.arn; }
  public get name(): string { return this.secret.name; }
  public get deleted(): boolean { return this.secret.deletionAt !== undefined; }
  public get rotationEnabled(): boolean | undefined { return this.secret.rotation?.enabled; }
  public get rotationInProgress(): RotationInProgress | undefined { return this.secret.inProgress; }

  /** How many versions there are, with and without labels. */
  public get versionCount(): number { return this.secret.versions.size; }

  /** From each label to its version. */
  public get stages(): Record<string, string> { return Object.fromEntries(this.secret.stages); }

  /** All versions, oldest first. */
  public get versions(): InspectedVersion[] {
    return [...this.secret.versions.values()].map(({ id, value, createdAt }) => (
      { id, stages: stagesOf(this.secret, id), hasValue: value !== undefined, createdAt }));
  }

  /** The labels of a version, sorted; undefined where there's no such version. */
  public stagesOf(versionId: string): string[] | undefined {
    return this.secret.versions.has(versionId) ? stagesOf(this.secret, versionId) : undefined;
  }

  /** The value of a version, named by its id or by a label; undefined where there's no version or no value. */
  public value(versionIdOrStage: string): SecretValue | undefined {
    return this.secret.versions.get(this.secret.stages.get(versionIdOrStage) ?? versionIdOrStage)?.value;
  }
}
