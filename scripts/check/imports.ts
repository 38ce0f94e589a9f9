/*
 * The directions of import are kept by lint: planted wrong imports are found, and the right ones aren't complained about.
 */
import { loadESLint } from 'eslint';

const RULES = ['import/no-restricted-paths', 'no-restricted-imports'];

const CASES: readonly (readonly [file: string, imported: string, allowed: boolean])[] = [
  ['src/rotation-strategy.ts', '../lambda-src/handler', false],
  ['lambda-src/handler.ts', '../src/rotation-strategy', false],
  ['lambda-src/handler.ts', '../simulator', false],
  ['lambda-src/targets/generated/target.ts', '../../rotation/secret-versions', false],
  ['lambda-src/targets/generated/target.ts', '@aws-sdk/client-secrets-manager', false],
  ['lambda-src/rotation/steps.ts', '../targets/generated/target', false],
  ['lambda-src/rotation/steps.ts', '../handler', false],
  ['src/contract.ts', './invalid', false],
  ['src/contract.ts', 'aws-cdk-lib', false],
  ['src/rotation-target.ts', '../rehearsal', false],
  ['lambda-src/handler.ts', '../rehearsal', false],
  ['rehearsal/world.ts', '../test/proof/world', false],
  ['simulator/index.ts', '../test/proof/world', false],
  ['tools/checks.ts', '../test/proof/world', false],
  ['rehearsal/world.ts', '../simulator', true],
  ['lambda-src/handler.ts', '../src/contract', true],
  ['lambda-src/rotation/steps.ts', '../target', true],
  ['lambda-src/targets/generated/target.ts', '../../rotation/secret-value', true],
  ['src/schedule/rotation-rules.ts', '../invalid', true],
];

async function main(): Promise<void> {
  process.env.ESLINT_USE_FLAT_CONFIG = 'false';
  // Where CI is set, the parser would take the file on disk for the text that is planted in its place.
  process.env.TSESTREE_SINGLE_RUN = 'false';
  const eslint = new (await loadESLint({ useFlatConfig: false }))({});
  let failed = 0;
  for (const [filePath, imported, allowed] of CASES) {
    const [{ messages }] = await eslint.lintText(`import * as other from '${imported}';\nexport const x = other;\n`, { filePath });
    const found = messages.some(({ ruleId, fatal }) => fatal || RULES.includes(ruleId ?? ''));
    if (found === allowed) { failed++; }
    console.log(`  ${found === allowed ? 'FAILED' : 'ok    '}  ${filePath} may ${allowed ? '' : 'not '}import ${imported}`);
  }
  console.log(`${CASES.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
