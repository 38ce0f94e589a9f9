/*
 * The directions of import are kept by lint: planted wrong imports are found, and the right ones aren't complained about.
 */
import { loadESLint } from 'eslint';

const RULES = ['import/no-restricted-paths', 'no-restricted-imports'];

const CASES: readonly (readonly [file: string, imported: string, allowed: boolean])[] = [
  ['src/rotation-rules.ts', '../lambda-src/handler', false],
  ['lambda-src/handler.ts', '../src/rotation-rules', false],
  ['lambda-src/handler.ts', '../test/simulator', false],
  ['lambda-src/targets/generated.ts', '../rotation/secret-versions', false],
  ['lambda-src/targets/generated.ts', '@aws-sdk/client-secrets-manager', false],
  ['lambda-src/rotation/steps.ts', '../targets/generated', false],
  ['lambda-src/rotation/steps.ts', '../handler', false],
  ['src/private/handler-contract.ts', './invalid', false],
  ['src/private/handler-contract.ts', 'aws-cdk-lib', false],
  ['src/rotation-target.ts', '../testing-src', false],
  ['lambda-src/handler.ts', '../testing-src', false],
  ['testing-src/world.ts', '../test/proof/world', false],
  ['testing-src/world.ts', '../test/simulator', true],
  ['lambda-src/handler.ts', '../src/private/handler-contract', true],
  ['lambda-src/rotation/steps.ts', '../targets/target', true],
  ['lambda-src/targets/generated.ts', '../rotation/secret-value', true],
  ['src/rotation-rules.ts', './private/invalid', true],
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
