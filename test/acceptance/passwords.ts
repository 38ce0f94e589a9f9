import { createHmac } from 'node:crypto';

/** One password for each purpose, with letters of both cases, digits and punctuation, as servers with a password policy want them. Needs no escapes. */
export const passwordsOf = (seed: string) => (purpose: string) => `Aa1-${createHmac('sha256', seed).update(purpose).digest('base64url').slice(0, 24)}`;
