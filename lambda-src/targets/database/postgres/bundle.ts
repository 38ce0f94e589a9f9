import { join } from 'node:path';
import { MODULES, unreachable, type AssetBundle } from '../../../bundle';
import { RDS_CERTIFICATES } from '../bundle';

export const bundle: AssetBundle = {
  ...RDS_CERTIFICATES,
  // Only one connection at a time, made from an object with a password: no pool, no connection string, no password file, no native client.
  replacements: [
    { module: /^pg$/, contents: `exports.Client = require(${JSON.stringify(join(MODULES, 'pg', 'lib', 'client.js'))});` },
    { module: /^pg-connection-string$/, contents: `exports.parse = () => { ${unreachable('pg-connection-string')} };` },
    { module: /^(pgpass|pg-cloudflare)$/, contents: unreachable('an optional part of pg') },
  ],
};
