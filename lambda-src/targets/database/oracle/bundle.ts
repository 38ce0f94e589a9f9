import { join } from 'node:path';
import { MODULES, type AssetBundle } from '../../../bundle';
import { RDS_CERTIFICATES } from '../bundle';

/**
 * The driver takes certificate authorities only as a part of a client's wallet, with a key and a certificate that one-way TLS hasn't. The context is
 * the same for all connections, because parsed certificates are memory that V8 doesn't count.
 */
const TLS = `
const tls = require('node:tls');
let last = {};
exports.connect = tls.connect;
exports.checkServerIdentity = tls.checkServerIdentity;
exports.createSecureContext = ({ ca }) => {
  if (last.ca !== ca) { last = { ca, context: tls.createSecureContext({ ca, minVersion: 'TLSv1.2' }) }; }
  return last.context;
};
`;

/**
 * A listener may send a client to another address, which must not be one without TLS. With NODE_ORACLEDB_DEBUG_PACKETS, packets with passwords would
 * be printed.
 */
const ADAPTER = `
const Adapter = require(${JSON.stringify(join(MODULES, 'oracledb', 'lib', 'thin', 'sqlnet', 'ntTcp.js'))});
module.exports = class extends Adapter {
  async connect(address) {
    if (this.atts.wallet && String(address.protocol).toUpperCase() !== 'TCPS') { throw Object.assign(new Error('EPROTO'), { code: 'NJS-506' }); }
    return super.connect(address);
  }
  printPacket() {}
};
`;

export const bundle: AssetBundle = {
  ...RDS_CERTIFICATES,
  replacements: [
    { module: /^tls$/, contents: TLS },
    { module: /^\.\/ntTcp\.js$/, contents: ADAPTER },
    // Only one connection at a time, which runs statements without binds: no pool, queues, documents, subscriptions or direct path loads.
    { module: /^\.\.?\/((impl\/)?soda(Database|Collection|DocCursor|Document|Operation)|(impl\/)?aq(DeqOptions|EnqOptions|Message|Queue)|pool|poolStatistics|pipeline|transformer|queryStream|aq|subscr)\.js$/, contents: 'module.exports = class {};' },
  ],
};
