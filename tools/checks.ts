/** The named checks of a run, and their results. */
export class Checks {
  private passed = 0;
  private failed = 0;

  /** @param found The actual value, if it may be shown: never a value of a secret. */
  public check(name: string, holds: boolean, found?: unknown): void {
    if (holds) {
      this.passed += 1;
      console.log(`  ok      ${name}`);
    } else {
      this.failed += 1;
      console.log(`  FAILED  ${name}${found === undefined ? '' : `\n          found: ${JSON.stringify(found)}`}`);
    }
  }

  /** A check that the rest of the run depends on. If `act` throws, the check and the run fail. */
  public async need<T>(name: string, act: () => Promise<T>): Promise<T> {
    const start = Date.now();
    try {
      const result = await act();
      this.check(`${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`, true);
      return result;
    } catch (error) {
      this.check(name, false);
      throw error;
    }
  }

  public get allPassed(): boolean {
    return this.passed > 0 && this.failed === 0;
  }

  public get summary(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}
