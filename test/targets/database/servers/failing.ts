import { inspect } from 'node:util';
import { run, speaksPostgres, type DatabaseHarness } from './fixture';
import { RotationError } from '../../../../lambda-src/rotation/errors';
import type { Engine } from '../../../../lambda-src/targets/database/engine';
import { md5Verifier } from '../../../../lambda-src/targets/database/postgres-protocol';
import type { DatabaseServer, Login } from '../../../../servers';
import type { StartedRotation } from '../../../../simulator';
import { failure, passwordOf } from '../../../harness';

/**
 * Checks that a step failed as the contract requires: a named error that says what to do, nothing written to the secret, and (case 69) no value
 * of a secret in the error or in any log line.
 */
export async function fails(h: DatabaseHarness, step: Promise<void>, name: string, text: RegExp): Promise<Error> {
  const versions = h.secret.versions.map(({ id, stages }) => [id, stages, h.secret.value(id)]);
  const error = await failure(step);
  expect(error).toBeInstanceOf(RotationError);
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*(?:${text.source})`, text.flags));
  expect(error.message).toMatch(/\. [A-Z]/);
  expect(h.secret.versions.map(({ id, stages }) => [id, stages, h.secret.value(id)])).toEqual(versions);
  expect(h.log.at(-1)).toMatchObject({ level: 'ERROR', errorType: error.name, message: error.message });
  expectNoSecrets(h, error);
  return error;
}

/** Case 69. */
export function expectNoSecrets(h: DatabaseHarness, error?: Error): void {
  expect(error?.cause).toBeUndefined();
  const said = [
    JSON.stringify(h.log), ...h.log.map(({ message }) => message),
    error?.message, error?.stack, String(error), JSON.stringify(error), inspect(error, { depth: 9, showHidden: true }),
  ].join('\n');
  const superuser = h.simulator.inspect('superuser').value('AWSCURRENT') as string;
  const values = [...h.allValues, superuser];
  const passwords = [...values.map(passwordOf), h.user.password, h.server.admin.password, h.server.root.password].filter(Boolean);
  expect(passwords.every((password) => password.length >= 8)).toBe(true);
  for (const secret of [...values, ...passwords]) {
    for (const form of formsOf(secret)) { expect(said).not.toContain(form); }
  }
  expect(said).not.toContain(h.user.username);
  expect(said).not.toMatch(/SCRAM-SHA-256\$|\bmd5[0-9a-f]{32}|\*[0-9A-F]{40}/);
  for (const message of [...h.log.map((line) => line.message), ...error ? [error.message] : []]) {
    expect(message).not.toMatch(/\b(ALTER|CREATE|SET|GRANT|REVOKE|SELECT|IDENTIFIED|PASSWORD)\b.*['"`].*['"`]/);
  }
}

/** The forms of a secret in a text. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), secret.replaceAll('\'', '\'\''), secret.replaceAll('\\', '\\\\').replaceAll('\'', '\'\''),
    inspect(secret).slice(1, -1), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex'), bytes.toString('hex').toUpperCase(),
  ];
}

/** A rotation with a pending value, before its setSecret. */
export async function created(h: DatabaseHarness): Promise<StartedRotation> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  h.dialled.length = 0;
  return rotation;
}

/** A rotation whose pending value differs from that of createSecret. */
export function pendingWith(h: DatabaseHarness, changes: Record<string, unknown>): StartedRotation {
  const rotation = h.start();
  const SecretString = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password: 'pending-password', ...changes });
  h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
  return rotation;
}

/** An engine that first runs `act` when a session is about to look at the two users. */
export function beforeClaim(act: () => Promise<void>): (engine: Engine) => Engine {
  let isFirst = true;
  return (engine) => ({
    ...engine,
    logIn: async (...login) => {
      const session = await engine.logIn(...login);
      const claim = session.claim.bind(session);
      session.claim = async (request) => {
        if (isFirst) {
          isFirst = false;
          await act();
        }
        return claim(request);
      };
      return session;
    },
  });
}

/** Ends the rotation that goes on, as somebody who takes AWSPENDING away. */
export function giveUp(h: DatabaseHarness): void {
  h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: h.secret.stages.AWSPENDING });
  h.simulator.completeRotation(h.arn);
}

/** Makes a version with another user AWSPREVIOUS, as after a rotation by another tool. */
export function putPrevious(h: DatabaseHarness, login: Login): void {
  const value = h.value('AWSCURRENT');
  for (const SecretString of [JSON.stringify({ ...JSON.parse(value), ...login }), value]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString }); }
}

/** The users of the engine's logins, in order. */
export function dialledUsers(h: DatabaseHarness): string[] {
  return h.dialled.map(({ username }) => username);
}

/** The versions whose passwords the engine logged in with, or `superuser`. */
export function dialledVersions(h: DatabaseHarness): string[] {
  const labels = ['AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS'].filter((label) => h.secret.value(label) !== undefined);
  return h.dialled.map(({ username, password }) => username === h.server.admin.username
    ? 'superuser'
    : labels.find((label) => passwordOf(h.value(label)) === password) ?? 'another');
}

/** Sets the password of a user, as a user with all rights. */
export async function setPassword(server: DatabaseServer, { username, password }: Login): Promise<void> {
  if (server.engine === 'redshift') {
    await run(server, server.root, `ALTER USER "${username}" PASSWORD '${md5Verifier(password, username)}'`);
    return;
  }
  await run(server, server.root, server.engine === 'postgres'
    ? `ALTER ROLE "${username}" PASSWORD '${password.replaceAll('\'', '\'\'')}'`
    : `ALTER USER \`${username}\`@'%' IDENTIFIED BY '${password.replaceAll('\\', '\\\\').replaceAll('\'', '\'\'')}'`);
}

/** The number of statements to the server that set a user's password, executed or not. */
export async function passwordStatements(server: DatabaseServer, username: string): Promise<number> {
  const logs = await server.logs();
  // The stand-in for Redshift translates statements before PostgreSQL logs them.
  if (speaksPostgres(server)) { return logs.split('\n').filter((line) => line.includes(`ALTER ROLE "${username}" PASSWORD`)).length; }
  const general = logs.slice(logs.indexOf('==> general.log'), logs.indexOf('==> slow.log'));
  return general.split('\n').filter((line) => /(ALTER USER|SET PASSWORD)/.test(line) && line.includes(username)).length;
}
