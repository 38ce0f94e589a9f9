/** What a linter says of one resource of a template. */
export interface Finding {
  readonly linter: string;
  readonly rule: string;
  /** The path of the construct where the template has it, otherwise the logical id. */
  readonly resource: string;
  readonly message: string;
}

/** A finding that is accepted, wherever the path of the construct ends so. */
export interface Suppression {
  readonly linter: string;
  readonly rule: string;
  readonly resource: string;
  readonly reason: string;
}

export interface Verdict {
  readonly unsuppressed: Finding[];
  /** Suppressions that nothing needs any more. */
  readonly unused: Suppression[];
}

export function suppress(findings: Finding[], suppressions: Suppression[]): Verdict {
  return {
    unsuppressed: findings.filter((finding) => !suppressions.some((suppression) => covers(suppression, finding))),
    unused: suppressions.filter((suppression) => !findings.some((finding) => covers(suppression, finding))),
  };
}

function covers({ linter, rule, resource }: Suppression, finding: Finding): boolean {
  return linter === finding.linter && rule === finding.rule && `/${finding.resource}`.endsWith(`/${resource}`);
}
