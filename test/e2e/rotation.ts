import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Aws, Invocation } from './aws';
import { meetsGenerator } from './deployment';
import { labelled, type Secret } from './secret';
import type { Checks } from '../../tools/checks';

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = typeof STEPS[number];

/** What else to look at whenever a step has run. */
export type AfterRun = (title: string, step: Step) => Promise<void>;

/** Invokes the rotation function as Secrets Manager does, and checks what becomes of the secret. */
export class Rotations {
  /** What the function answered, over all invocations. */
  public readonly answers: string[] = [];

  constructor(
    private readonly checks: Checks,
    private readonly aws: Aws,
    private readonly functionName: string,
    private readonly secret: Secret,
    private readonly generator: any,
  ) {}

  /** @param runs How often each step runs: Secrets Manager may repeat any of them. */
  public async rotate(title: string, runs: number, afterRun?: AfterRun): Promise<void> {
    const old = await this.secret.current();
    const token = await this.secret.rotate();
    const staged = labelled(await this.secret.versions(), 'AWSPENDING');
    this.check(title, 'starts with a pending version that has no value', staged?.id === token && staged.value === undefined);

    const created: (string | undefined)[] = [];
    for (const step of STEPS) {
      for (let run = 1; run <= runs; run += 1) {
        await this.run(title, step, token, run === 1 ? '' : ' again');
        await afterRun?.(title, step);
        if (step === 'createSecret') { created.push(labelled(await this.secret.versions(), 'AWSPENDING')?.value); }
      }
      if (step === 'createSecret') {
        const current = labelled(await this.secret.versions(), 'AWSCURRENT');
        this.check(title, 'createSecret gives the pending version one value', created[0] !== undefined && new Set(created).size === 1);
        this.check(title, 'createSecret leaves the current version alone', current?.id === old.id && current.value === old.value, current?.stages);
      }
    }
    await this.checkOutcome(title, token, old.id, old.value!, created[0]);
  }

  /** A rotation that is started, and cancelled after some steps. */
  public async giveUp(title: string, steps: readonly Step[], afterRun?: AfterRun): Promise<void> {
    const token = await this.secret.rotate();
    for (const step of steps) {
      await this.run(title, step, token);
      await afterRun?.(title, step);
    }
    await this.secret.removePending(token);
  }

  /** What a deployment runs where `RotateImmediatelyOnUpdate` is false. */
  public async testAlone(): Promise<void> {
    const title = 'at deployment';
    const before = await this.secret.versions();
    const token = randomUUID();
    await this.secret.putPending(token, labelled(before, 'AWSCURRENT')!.value!);
    await this.run(title, 'testSecret', token, ' alone, on a copy of the current value');
    await this.secret.removePending(token);
    this.check(title, 'testSecret alone writes nothing', isDeepStrictEqual(await this.secret.versions(), before));
  }

  /** As the secret's owner might, to a value that JSON.parse and JSON.stringify wouldn't give back as it was. */
  public async editOtherKeys(): Promise<void> {
    const { value } = await this.secret.current();
    await this.secret.putCurrent(value!.replace('{', '{\n\t"serial" : 12345678901234567890.10,"path":"a\\/b\\u00e9",'));
  }

  public async refuseUnknownVersion(): Promise<void> {
    const title = 'a version that no rotation staged';
    const before = await this.secret.versions();
    const { failed, payload } = await this.invoke('createSecret', randomUUID());
    this.check(title, 'is refused', failed && payload.includes('AWSPENDING'), payload);
    this.check(title, 'leaves the secret alone', isDeepStrictEqual(await this.secret.versions(), before));
  }

  /** @param reason What the function's answer has to name */
  public async refuse(title: string, reason: string): Promise<void> {
    const token = await this.secret.rotate();
    const before = await this.secret.versions();
    const { failed, payload } = await this.invoke('createSecret', token);
    this.check(title, 'is out of its reach', failed && payload.includes(reason), payload);
    this.check(title, 'stays as it is', isDeepStrictEqual(await this.secret.versions(), before));
  }

  /** Also what shows that the emulator enforces the policies of the role. */
  public async refuseForeignSecret(foreign: Secret): Promise<void> {
    const title = 'a secret that is not the function\'s';
    const token = randomUUID();
    await foreign.putPending(token, labelled(await foreign.versions(), 'AWSCURRENT')!.value!);
    const before = await foreign.versions();
    const { failed, payload } = await this.invoke('finishSecret', token, foreign);
    this.check(title, 'is out of its reach', failed && payload.includes('AccessDenied'), payload);
    this.check(title, 'stays as it is', isDeepStrictEqual(await foreign.versions(), before));
  }

  private async checkOutcome(title: string, token: string, oldId: string, oldValue: string, created: string | undefined): Promise<void> {
    const versions = await this.secret.versions();
    const stages = Object.fromEntries(versions.map((version) => [version.id, version.stages]));
    const current = labelled(versions, 'AWSCURRENT');
    const previous = labelled(versions, 'AWSPREVIOUS');
    this.check(title, 'AWSCURRENT is the pending version, with the value that createSecret put',
      current?.id === token && current.value !== undefined && current.value === created, stages);
    this.check(title, 'AWSPREVIOUS is the old version, with the old value', previous?.id === oldId && previous.value === oldValue, stages);
    const pending = labelled(versions, 'AWSPENDING');
    this.check(title, 'no other version is left pending', pending === undefined || pending.id === token, stages);

    const [oldPassword, newPassword] = [oldValue, current?.value ?? oldValue].map((value) => this.secret.passwordOf(value));
    this.check(title, 'the password is another one, of the configured form',
      newPassword !== oldPassword && meetsGenerator(newPassword, this.generator), { length: newPassword?.length });
    const parts = oldValue.split(JSON.stringify(oldPassword));
    this.check(title, 'all else in the value is as it was, byte for byte',
      parts.length === 2 && current?.value === parts.join(JSON.stringify(newPassword)));
  }

  private async run(title: string, step: Step, token: string, how = ''): Promise<void> {
    const { failed, payload } = await this.invoke(step, token);
    this.check(title, `${step} succeeds${how}`, !failed, payload);
  }

  private async invoke(step: Step, token: string, secret = this.secret): Promise<Invocation> {
    const invocation = await this.aws.invoke(this.functionName, { Step: step, SecretId: secret.arn, ClientRequestToken: token });
    this.answers.push(invocation.payload);
    return invocation;
  }

  private check(title: string, name: string, holds: boolean, found?: unknown): void {
    const safe = this.secret.isIn(JSON.stringify(found) ?? '') ? 'withheld, for it holds a password' : found;
    this.checks.check(`${title}: ${name}`, holds, safe);
  }
}
