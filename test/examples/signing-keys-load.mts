/*
 * The two services of examples/signing-keys under load, until standard input ends. Then it writes how many tokens there were.
 */
import { setTimeout } from 'node:timers/promises';
import { Issuer } from '../../examples/signing-keys/issuer.mjs';
import { makeVerifier } from '../../examples/signing-keys/verifier.mjs';

const [secretId, jwksUri, cacheMillis] = process.argv.slice(2);
const AT_ONCE = 4;
/** How long a token is in use. */
const LIFETIME = 500;

const issuer = new Issuer(secretId, undefined, 300);
const verifiers = [makeVerifier(jwksUri, Number(cacheMillis)), makeVerifier(jwksUri, Number(cacheMillis))];
let [signed, verified, refused, isOver] = [0, 0, 0, false];
const reasons = new Set<string>();

async function verify(token: string): Promise<void> {
  for (const verifier of verifiers) {
    await verifier(token).then(() => { verified++; }, (error: Error) => {
      refused++;
      reasons.add(error.message);
    });
  }
}

async function use(): Promise<void> {
  while (!isOver) {
    const token = await issuer.sign({ sub: 'user' });
    signed++;
    await verify(token);
    await setTimeout(LIFETIME * Math.random());
    await verify(token);
  }
}

process.stdin.on('end', () => { isOver = true; }).resume();
await Promise.all(Array.from({ length: AT_ONCE }, use));
console.log(JSON.stringify({ signed, verified, refused, reasons: [...reasons] }));
