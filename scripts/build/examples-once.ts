/** A block in TypeScript, and the same in Python below it. */
const BOTH = /^(```ts\b[^\n]*\n[^]*?^```$)\n\n(```python\n[^]*?^```$)/gm;

/**
 * The README as the package of a language has it. jsii-pacmak translates what is in TypeScript. Where the README has the same in Python, that
 * would be there twice in Python, and in the other languages in two languages.
 */
export function examplesOnce(readme: string, language: string): string {
  return readme.replace(BOTH, (_, typescript: string, python: string) => language === 'python' ? python : typescript);
}

/** Examples in Python that say the same, white space aside. */
export function repeatedExamples(page: string): string[] {
  const blocks = [...page.matchAll(/^```python[^\n]*\n([^]*?)^```$/gm)].map(([, block]) => importsOf(block)).filter((imports) => imports !== '');
  return blocks.filter((block, index) => blocks.indexOf(block) !== index);
}

/** What an example is about: the names that it imports from the package. */
function importsOf(block: string): string {
  return [...block.matchAll(/^from cdk_rotating_secret import (.*)$/gm)].flatMap(([, names]) => names.split(', ')).sort().join();
}
