import { readFileSync } from 'node:fs';
import type { Finding } from './suppressions';

/** Something that looks at a template. */
export interface Linter {
  readonly name: string;
  lint(template: string): Finding[];
}

/** A finding, as those linters that know only the template give it. */
export interface Violation {
  readonly rule: string;
  readonly logicalId: string;
  readonly message: string;
}

/** The path of the construct that a resource of a template is; its logical id where the template doesn't say. */
export function constructPath(template: string, logicalId: string): string {
  const { Resources } = JSON.parse(readFileSync(template, 'utf8'));
  return Resources[logicalId]?.Metadata?.['aws:cdk:path'] ?? logicalId;
}
