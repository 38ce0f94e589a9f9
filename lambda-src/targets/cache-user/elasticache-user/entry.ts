import { elastiCacheUserTarget } from './target';
import { signedCall } from '../../../aws/signed-call';
import { makeHandler } from '../../../handler';

export const handler = makeHandler((config, makeClient) => elastiCacheUserTarget(config, signedCall(makeClient())));
