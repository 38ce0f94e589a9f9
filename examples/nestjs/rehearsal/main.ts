/* `npm run rehearse`: the service through fifty rotations of its secret, under load, beside two other designs. Ends by itself. */
import type { Strategy } from './account.js';
import type { Database } from './database.js';
import { startMariaDb } from './mariadb.js';
import { startPostgres } from './postgres.js';
import { LiveTable, printOutcomes, problemsOf } from './report.js';
import { Terminal } from './repository.js';
import { run, type Outcome } from './run.js';
import { COMPRESSION, CONNECTION_SECONDS, REQUESTS_PER_SECOND, ROTATION_INTERVAL, ROTATIONS, TTL_SECONDS } from './scale.js';

const DATABASES: readonly { start: () => Promise<Database>; strategies: readonly Strategy[] }[] = [
  { start: startPostgres, strategies: ['alternating users', 'single user'] },
  { start: startMariaDb, strategies: ['dual passwords'] },
];

const terminal = new Terminal(process.stdout);
terminal.paragraph(`Three services, ${REQUESTS_PER_SECOND} requests a second each, one database, one secret and its rotations. The database is `
  + 'PostgreSQL, and MariaDB for dual passwords. The services are the same but for what they do about the secret: this service caches it and '
  + 'reads it again when a login is refused; the second one only caches it, as the walkthrough does; the third one reads it for every request.');
terminal.paragraph(`Time is compressed, ${COMPRESSION} times. So the cache's five minutes are ${TTL_SECONDS} s, `
  + `a connection's three minutes are ${CONNECTION_SECONDS} s, and a rotation comes about every ${ROTATION_INTERVAL / 1000} s. `
  + 'What takes time by itself, a request, a login or a step of a rotation, is as it is.');
terminal.line();

const outcomes: Outcome[] = [];
for (const { start, strategies } of DATABASES) {
  const database = await start();
  try {
    for (const strategy of strategies) {
      const table = new LiveTable(terminal, process.stdout);
      outcomes.push(await run(database, strategy, ROTATIONS, (progress) => table.show(progress)));
    }
  } finally {
    await database.stop();
  }
}

printOutcomes(terminal, outcomes);
terminal.line();
terminal.paragraph('A month: 30 days of one process with 100 requests a second, five minutes of cache and a rotation a day. $0.05 for 10,000 reads: '
  + 'https://aws.amazon.com/secrets-manager/pricing/');
const problems = outcomes.flatMap(problemsOf);
for (const problem of problems) { terminal.line(`FAILED: ${problem}`); }
if (problems.length === 0) { terminal.line('The service never failed a request.'); }
process.exitCode = problems.length === 0 ? 0 : 1;
