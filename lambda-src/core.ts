/*
 * What the assets share: the rotation itself, and the SDK's client. It ships once, as `assets/core`, and synthesis puts it beside the code of each
 * function. Modules and packages named here are in no other asset; `scripts/build/bundle-options.ts` reads their names.
 */
export { DescribeSecretCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
export * from './handler';
export * from './log';
export * from './rotation/admit';
export * from './rotation/deadline';
export * from './rotation/errors';
export * from './rotation/secret-value';
export * from './rotation/service-errors';
export * from '../src/contract';
