import { readFileSync } from 'node:fs';
import type { Finding } from './suppressions';

/** A linter of templates. */
export interface Linter {
  readonly name: string;
  lint(template: string): Finding[];
}

/** A finding of a linter that knows only the template. */
export interface Violation {
  readonly rule: string;
  readonly logicalId: string;
  readonly message: string;
}

/** The construct path of a resource in a template. Its logical id if the template has no path. */
export function constructPath(template: string, logicalId: string): string {
  const { Resources } = JSON.parse(readFileSync(template, 'utf8'));
  return Resources[logicalId]?.Metadata?.['aws:cdk:path'] ?? logicalId;
}
