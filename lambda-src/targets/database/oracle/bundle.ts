import type { AssetBundle } from '../../../bundle';
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

export const bundle: AssetBundle = {
  ...RDS_CERTIFICATES,
  replacements: [
    { module: /^tls$/, contents: TLS },
    // Only one connection at a time, which runs statements without binds: no pool, queues, documents, subscriptions or direct path loads.
    { module: /^\.\.?\/((impl\/)?soda(Database|Collection|DocCursor|Document|Operation)|(impl\/)?aq(DeqOptions|EnqOptions|Message|Queue)|pool|poolStatistics|pipeline|transformer|queryStream|aq|subscr)\.js$/, contents: 'module.exports = class {};' },
  ],
};
