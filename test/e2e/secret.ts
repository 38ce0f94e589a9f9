import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateSecretCommand, DescribeSecretCommand, GetSecretValueCommand, PutSecretValueCommand, ResourceNotFoundException, RotateSecretCommand,
  UpdateSecretVersionStageCommand, type DescribeSecretCommandOutput, type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

const PAUSE_MS = 250;

export interface Version {
  readonly id: string;
  readonly stages: readonly string[];
  /** Absent until createSecret put one. */
  readonly value?: string;
}

/** A JSON secret as its owner sees it. Remembers every password that it saw, so that it can tell whether one got out. */
export class Secret {
  private readonly seen = new Set<string>();

  constructor(private readonly client: SecretsManagerClient, public readonly arn: string, public readonly passwordKey: string) {}

  public describe(): Promise<DescribeSecretCommandOutput> {
    return this.client.send(new DescribeSecretCommand({ SecretId: this.arn }));
  }

  public async exists(): Promise<boolean> {
    return await unlessNotFound(this.describe()) !== undefined;
  }

  /** The versions that have a staging label, in a stable order. */
  public async versions(): Promise<Version[]> {
    const stages = Object.entries((await this.describe()).VersionIdsToStages ?? {}).sort();
    return Promise.all(stages.map(async ([id, labels]) => ({ id, stages: labels, value: await this.value(id) })));
  }

  public async current(): Promise<Version> {
    return labelled(await this.versions(), 'AWSCURRENT')!;
  }

  /** The version that a rotation has begun with, as its token. */
  public async pendingId(): Promise<string | undefined> {
    const { VersionIdsToStages = {} } = await this.describe();
    return Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id].includes('AWSPENDING'));
  }

  /** Starts a rotation, and returns the token of its pending version. */
  public async rotate(): Promise<string> {
    return (await this.client.send(new RotateSecretCommand({ SecretId: this.arn }))).VersionId!;
  }

  public async putCurrent(value: string): Promise<void> {
    this.remember(value);
    await this.client.send(new PutSecretValueCommand({ SecretId: this.arn, SecretString: value }));
  }

  public async putPending(token: string, value: string): Promise<void> {
    this.remember(value);
    await this.client.send(new PutSecretValueCommand({
      SecretId: this.arn, ClientRequestToken: token, SecretString: value, VersionStages: ['AWSPENDING'],
    }));
  }

  public async removePending(token: string): Promise<void> {
    await this.client.send(new UpdateSecretVersionStageCommand({
      SecretId: this.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: token,
    }));
  }

  public passwordOf(value: string): string {
    return JSON.parse(value)[this.passwordKey];
  }

  /** Whether a text holds a password that this secret ever had: plain, or as it stands in JSON, or in JSON inside JSON. */
  public isIn(text: string): boolean {
    return [...this.seen].some((password) => text.includes(password));
  }

  private async value(versionId: string): Promise<string | undefined> {
    const answer = await unlessNotFound(this.client.send(new GetSecretValueCommand({ SecretId: this.arn, VersionId: versionId })));
    if (answer?.SecretString !== undefined) { this.remember(answer.SecretString); }
    return answer?.SecretString;
  }

  private remember(value: string): void {
    let password = this.passwordOf(value) as string | undefined;
    // A secret whose credential is issued has none before its first rotation.
    if (password === undefined) { return; }
    for (let depth = 0; depth < 3; depth += 1) {
      this.seen.add(password);
      password = JSON.stringify(password).slice(1, -1);
    }
  }
}

export function labelled(versions: readonly Version[], stage: string): Version | undefined {
  return versions.find((version) => version.stages.includes(stage));
}

/** A secret that nothing rotates. */
export async function foreignSecret(client: SecretsManagerClient): Promise<Secret> {
  const { ARN } = await client.send(new CreateSecretCommand({ Name: 'foreign', SecretString: '{"password":"untouched"}' }));
  return new Secret(client, ARN!, 'password');
}

async function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) { return undefined; }
    throw error;
  }
}

/** The version of the rotation that the deployment starts. */
export async function pendingVersion(secret: Secret, isOver: () => boolean): Promise<string> {
  while (!isOver()) {
    const pending = await secret.exists() ? labelled(await secret.versions(), 'AWSPENDING') : undefined;
    if (pending) { return pending.id; }
    await sleep(PAUSE_MS);
  }
  throw new Error('The deployment is over, and started no rotation');
}
