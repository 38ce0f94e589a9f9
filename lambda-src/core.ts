/*
 * What the assets share: the rotation itself, and calls to AWS services. It ships once, as `assets/core`, and synthesis puts it beside the code of each
 * function. Modules and packages named here are in no other asset; `scripts/build/bundle-options.ts` reads their names.
 */
export * from './aws/answer';
export * from './aws/ask';
export * from './aws/endpoint';
export * from './aws/query';
export * from './aws/retry';
export * from './aws/secrets-manager';
export * from './aws/signature';
export * from './aws/signed-call';
export * from './handler';
export * from './log';
export * from './rotation/admit';
export * from './rotation/deadline';
export * from './rotation/errors';
export * from './rotation/secret-value';
export * from './rotation/service-errors';
export * from '../src/contract';
