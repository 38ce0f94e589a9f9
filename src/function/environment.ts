import { Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { RenderedConfig } from './config';
import { invalid } from '../invalid';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_BYTES = 4096;

/** Throws if the environment is larger than Lambda allows. Tokens count as empty. */
export function checkEnvironmentSize(environment: Readonly<Record<string, string>> | undefined, rendered: RenderedConfig): void {
  const { knownConfig: config, knownVariables } = rendered;
  const size = sizeOf(...Object.entries({ ...environment, ...knownVariables }).flat());
  if (size <= MAX_BYTES) { return; }
  const certificateAuthority = 'certificateAuthority' in config ? config.certificateAuthority ?? '' : '';
  const share = sizeOf(JSON.stringify(certificateAuthority));
  if (share > size - share) {
    throw invalid('certificateAuthority', `has ${share} of the ${size} bytes of the function's environment, and Lambda takes ${MAX_BYTES} in all. Give the root certificate `
      + 'alone, without the text and the other certificates around it; one with an EC key is shorter than one with an RSA key');
  }
  const { creationStatements } = config;
  if (creationStatements !== undefined && sizeOf(JSON.stringify(creationStatements)) > size / 2) {
    throw invalid('creationStatements', `has ${sizeOf(JSON.stringify(creationStatements))} of the ${size} bytes of the function's environment, and Lambda takes ${MAX_BYTES} in all. Give the rights to `
      + 'a role, or to a group, by other means, and let one statement grant that to the user');
  }
  throw invalid('environment', `has ${size} bytes, and Lambda takes ${MAX_BYTES}. The password policy is a part of it: make excludeCharacters shorter, `
    + 'or exclude types of characters as a whole');
}

/**
 * Throws if CDK can't refer to the function from another stack, because the account or the region of only one of the stacks is known.
 *
 * @param scope of the resource
 */
export function checkStacks(property: string, secret: IConstruct, scope: IConstruct, fn: IConstruct): void {
  const [theirs, ours] = [Stack.of(scope), Stack.of(fn)];
  if (theirs.environment === ours.environment) { return; }
  throw invalid(property, `the schedule of ${secret.node.path} goes into the stack ${theirs.node.path} (${environmentOf(theirs)}), and ${fn.node.path} is in ${ours.node.path} `
    + `(${environmentOf(ours)}), so CDK can't tell that both are deployed to one account and region. Give both stacks the same env`);
}

function environmentOf({ account, region }: Stack): string {
  const [of, inRegion] = [account, region].map((each) => Token.isUnresolved(each) ? undefined : each);
  return `${of ? `account ${of}` : 'no account given'}, ${inRegion ? `region ${inRegion}` : 'no region given'}`;
}

function sizeOf(...texts: string[]): number {
  return Buffer.byteLength(texts.map(known).join(''));
}

function known(text: string): string {
  if (!Token.isUnresolved(text)) { return text; }
  const withoutTokens = Tokenization.reverseString(text).mapTokens({ mapToken: () => '' });
  return String(withoutTokens.join({ join: (left, right) => `${left ?? ''}${right ?? ''}` }));
}
