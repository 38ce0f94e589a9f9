import { join } from 'node:path';
import { MODULES, unreachable, type AssetBundle } from '../../../bundle';
import { RDS_CERTIFICATES } from '../bundle';

const TEDIOUS = join(MODULES, 'tedious', 'lib');
const classOf = (what: string) => `module.exports = class { constructor() { ${unreachable(what)} } };`;
const functionsOf = (what: string, ...names: string[]) => names.map((name) => `exports.${name} = () => { ${unreachable(what)} };`).join('\n');

export const bundle: AssetBundle = {
  ...RDS_CERTIFICATES,
  replacements: [
    // Only logins with a password, and batches.
    {
      module: /^tedious$/,
      contents: `exports.Connection = require(${JSON.stringify(join(TEDIOUS, 'connection.js'))}); exports.Request = require(${JSON.stringify(join(TEDIOUS, 'request.js'))});`,
    },
    { module: /^@azure\//, contents: functionsOf('a login of Microsoft Entra', 'isTokenCredential') },
    { module: /^\.\/ntlm$/, contents: functionsOf('a login of Windows', 'createNTLMRequest') },
    { module: /^\.\/ntlm-payload$/, contents: classOf('a login of Windows') },
    { module: /^\.\/bulk-load$/, contents: 'module.exports = class {};' },
    { module: /^\.\/bulk-load-payload$/, contents: functionsOf('a bulk load', 'BulkLoadPayload') },
    { module: /^\.\/instance-lookup$/, contents: functionsOf('the lookup of an instance by its name', 'instanceLookup') },
    // The handshake of TLS has a stream of its own here.
    { module: /^native-duplexpair$/, contents: classOf('native-duplexpair') },
    // The columns are Unicode texts and whole numbers.
    { module: /^iconv-lite$/, contents: functionsOf('iconv-lite', 'decode', 'encode') },
    { module: /^@js-joda\/core$/, contents: 'exports.LocalDate = { ofYearDay() {} };' },
    // The same as the streams of Node.js, for older versions of it.
    { module: /^readable-stream$/, contents: 'module.exports = require("node:stream");' },
    // Messages of the driver, which no error of the function repeats.
    { module: /^sprintf-js$/, contents: 'exports.sprintf = (text) => text;' },
  ],
};
