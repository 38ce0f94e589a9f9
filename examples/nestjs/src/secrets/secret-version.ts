/** A version of a secret as it was read. Its text is in no JSON, no log line and no stack trace: only `reveal` has it. */
export class SecretVersion {
  readonly #text: string;

  /** @param readAt when the read began, on the clock of `performance.now()` */
  constructor(readonly versionId: string, text: string, readonly readAt: number) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }
}
