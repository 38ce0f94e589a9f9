import { Token, Tokenization } from 'aws-cdk-lib';
import type { RenderedConfig } from './config';
import { invalid } from '../invalid';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_BYTES = 4096;

/** Throws where Lambda would refuse the environment of the function for its size, as far as that is known: tokens count for nothing. */
export function checkEnvironment(environment: Readonly<Record<string, string>> | undefined, { knownConfig: config, knownVariables }: RenderedConfig): void {
  const size = sizeOf(...Object.entries({ ...environment, ...knownVariables }).flat());
  if (size <= MAX_BYTES) { return; }
  const certificateAuthority = 'certificateAuthority' in config ? config.certificateAuthority ?? '' : '';
  const share = sizeOf(JSON.stringify(certificateAuthority));
  if (share > size - share) {
    throw invalid('certificateAuthority', `has ${share} of the ${size} bytes of the function's environment, and Lambda takes ${MAX_BYTES} in all. Give the root certificate `
      + 'alone, without the text and the other certificates around it; one with an EC key is shorter than one with an RSA key');
  }
  throw invalid('environment', `has ${size} bytes, and Lambda takes ${MAX_BYTES}. The password policy is a part of it: make excludeCharacters shorter, `
    + 'or exclude types of characters as a whole');
}

function sizeOf(...texts: string[]): number {
  return Buffer.byteLength(texts.map(known).join(''));
}

function known(text: string): string {
  if (!Token.isUnresolved(text)) { return text; }
  const withoutTokens = Tokenization.reverseString(text).mapTokens({ mapToken: () => '' });
  return String(withoutTokens.join({ join: (left, right) => `${left ?? ''}${right ?? ''}` }));
}
