import { memoryDbUserTarget } from './target';
import { signedCall } from '../../../aws/signed-call';
import { makeHandler } from '../../../handler';

export const handler = makeHandler((config, makeClient) => memoryDbUserTarget(config, signedCall(makeClient())));
