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
  /** Begins with `*-` where every pack of the linter has the rule. */
  readonly rule: string;
  /** `*` in it stands for anything. */
  readonly resource: string;
  readonly reason: string;
}

/** As it is written down: one reason may serve several resources, each of which must need it. */
export interface SuppressionEntry extends Omit<Suppression, 'resource'> {
  readonly resources: string[];
}

export interface Verdict {
  readonly unsuppressed: Finding[];
  /** Suppressions that nothing needs any more. */
  readonly unused: Suppression[];
}

export function readSuppressions(entries: SuppressionEntry[]): Suppression[] {
  return entries.flatMap(({ resources, ...entry }) => resources.map((resource) => ({ ...entry, resource })));
}

export function suppress(findings: Finding[], suppressions: Suppression[]): Verdict {
  return {
    unsuppressed: findings.filter((finding) => !suppressions.some((suppression) => covers(suppression, finding))),
    unused: suppressions.filter((suppression) => !findings.some((finding) => covers(suppression, finding))),
  };
}

function covers({ linter, rule, resource }: Suppression, finding: Finding): boolean {
  return linter === finding.linter && coversRule(rule, finding.rule) && pattern(resource).test(`/${finding.resource}`);
}

function coversRule(rule: string, found: string): boolean {
  return rule.startsWith('*-') ? found.slice(found.indexOf('-')) === rule.slice(1) : rule === found;
}

function pattern(resource: string): RegExp {
  return new RegExp(`/${resource.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&')).join('.*')}$`);
}
