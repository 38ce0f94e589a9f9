/** A finding of a linter about one resource of a template. */
export interface Finding {
  readonly linter: string;
  readonly rule: string;
  /** The path of the construct if the template has it, otherwise the logical id. */
  readonly resource: string;
  readonly message: string;
}

/** An accepted finding, for each construct path that ends with `resource`. */
export interface Suppression {
  readonly linter: string;
  /** Begins with `*-` if every pack of the linter has the rule. */
  readonly rule: string;
  /** `*` stands for any text. */
  readonly resource: string;
  readonly reason: string;
}

/** An entry of the file. One reason may apply to several resources, each of which must need it. */
export interface SuppressionEntry extends Omit<Suppression, 'resource'> {
  readonly resources: string[];
}

export interface Verdict {
  readonly unsuppressed: Finding[];
  /** Unused suppressions. */
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
