/** A block in TypeScript, and the same in Python below it. */
const BOTH = /^(```ts\b[^\n]*\n[^]*?^```$)\n\n(```python\n[^]*?^```$)/gm;

/**
 * The README for the package of a language. jsii-pacmak translates the examples in TypeScript. One that is also in Python would appear twice.
 */
export function examplesOnce(readme: string, language: string): string {
  return readme.replace(BOTH, (_, typescript: string, python: string) => language === 'python' ? python : typescript);
}

/** The imports that more than one example in Python has. */
export function repeatedExamples(page: string): string[] {
  const blocks = [...page.matchAll(/^```python[^\n]*\n([^]*?)^```$/gm)].map(([, block]) => importsOf(block)).filter((imports) => imports !== '');
  return blocks.filter((block, index) => blocks.indexOf(block) !== index);
}

/** The names that an example imports from the package. */
function importsOf(block: string): string {
  return [...block.matchAll(/^from cdk_rotating_secret import (.*)$/gm)].flatMap(([, names]) => names.split(', ')).sort().join();
}
