/*
 * The directions of import are kept by lint: planted wrong imports are found, and the right ones aren't complained about.
 */
import { ESLint } from 'eslint';

const RULES = ['import/no-restricted-paths', 'no-restricted-imports'];

async function complaints(filePath: string, imported: string): Promise<number> {
  process.env.ESLINT_USE_FLAT_CONFIG = 'false';
  const { loadESLint } = jest.requireActual<{ loadESLint: (options: object) => Promise<new (options: object) => ESLint> }>('eslint');
  const LegacyESLint = await loadESLint({ useFlatConfig: false });
  const [result] = await new LegacyESLint({}).lintText(`import * as other from '${imported}';\nexport const x = other;\n`, { filePath });
  return result.messages.filter(({ ruleId, fatal }) => fatal || RULES.includes(ruleId ?? '')).length;
}

test.each([
  ['src/rotation-rules.ts', '../lambda-src/handler'],
  ['lambda-src/handler.ts', '../src/rotation-rules'],
  ['lambda-src/handler.ts', '../test/simulator'],
  ['lambda-src/targets/generated.ts', '../rotation/secret-versions'],
  ['lambda-src/targets/generated.ts', '@aws-sdk/client-secrets-manager'],
  ['lambda-src/rotation/steps.ts', '../targets/generated'],
  ['lambda-src/rotation/steps.ts', '../handler'],
  ['src/private/handler-contract.ts', './invalid'],
  ['src/private/handler-contract.ts', 'aws-cdk-lib'],
])('%s may not import %s', async (file, imported) => {
  expect(await complaints(file, imported)).toBeGreaterThan(0);
});

test.each([
  ['lambda-src/handler.ts', '../src/private/handler-contract'],
  ['lambda-src/rotation/steps.ts', '../targets/target'],
  ['lambda-src/targets/generated.ts', '../rotation/secret-value'],
  ['src/rotation-rules.ts', './private/invalid'],
])('%s may import %s', async (file, imported) => {
  expect(await complaints(file, imported)).toBe(0);
});
