import { stagesOf } from './state';
import type { RotationInProgress, Secret, SecretValue } from './state';

export interface InspectedVersion {
  readonly id: string;
  readonly stages: readonly string[];
  readonly hasValue: boolean;
  readonly createdAt: number;
}

/** The state of a secret, for a test's invariants. It includes values, and doesn't count as a call. */
export class SecretInspection {
  constructor(private readonly secret: Secret) {}

  public get arn(): string { return this.secret.arn; }
  public get name(): string { return this.secret.name; }
  public get deleted(): boolean { return this.secret.deletionAt !== undefined; }
  public get rotationEnabled(): boolean | undefined { return this.secret.rotation?.enabled; }
  public get rotationInProgress(): RotationInProgress | undefined { return this.secret.inProgress; }

  /** The number of versions, with and without labels. */
  public get versionCount(): number { return this.secret.versions.size; }

  /** The version of each label. */
  public get stages(): Record<string, string> { return Object.fromEntries(this.secret.stages); }

  /** All versions, oldest first. */
  public get versions(): InspectedVersion[] {
    return [...this.secret.versions.values()].map(({ id, value, createdAt }) => (
      { id, stages: stagesOf(this.secret, id), hasValue: value !== undefined, createdAt }));
  }

  /** The labels of a version, sorted. Undefined if there is no such version. */
  public stagesOf(versionId: string): string[] | undefined {
    return this.secret.versions.has(versionId) ? stagesOf(this.secret, versionId) : undefined;
  }

  /** The value of a version, by its id or by a label. Undefined if there is no version or no value. */
  public value(versionIdOrStage: string): SecretValue | undefined {
    return this.secret.versions.get(this.secret.stages.get(versionIdOrStage) ?? versionIdOrStage)?.value;
  }
}
