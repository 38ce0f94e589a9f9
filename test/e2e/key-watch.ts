import { isDeepStrictEqual } from 'node:util';
import type { AfterRun, Step } from './rotation';
import type { Secret } from './secret';
import type { Checks } from '../../tools/checks';

/** Asks the API with every key that the secret has ever had. */
export class KeyWatch {
  private readonly keys: string[] = [];

  constructor(private readonly checks: Checks, private readonly url: string, private readonly secret: Secret) {}

  /** @param accepted which keys have to be accepted after a step, and no other: the first that the secret had is 1 */
  public expect(accepted: Partial<Record<Step, readonly number[]>>): AfterRun {
    return (title, step) => this.check(`${title}, after ${step}`, accepted[step]!);
  }

  public async check(title: string, expected: readonly number[]): Promise<void> {
    const values = (await this.secret.versions()).map(({ value }) => value).filter((value) => value !== undefined);
    for (const key of values.map((value) => this.secret.passwordOf(value))) {
      if (!this.keys.includes(key)) { this.keys.push(key); }
    }
    const statuses = await Promise.all(this.keys.map((key) => this.ask(key)));
    const accepted = statuses.flatMap((status, index) => status === 200 ? [index + 1] : []);
    this.checks.check(`${title}: of ${this.keys.length} keys the API accepts ${expected.join(', ')}, and no other`,
      isDeepStrictEqual(accepted, expected) && statuses.every((status) => status === 200 || status === 401), statuses);
  }

  private async ask(key: string): Promise<number> {
    const answer = await fetch(`${this.url}/whoami`, { headers: { authorization: `Bearer ${key}` } });
    await answer.text();
    return answer.status;
  }
}
