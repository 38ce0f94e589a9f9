import { s3Object } from './s3-object';
import { signingKeysTarget } from './target';
import { signedCall } from '../../aws/signed-call';
import { makeHandler } from '../../handler';

export const handler = makeHandler((config, makeClient) =>
  signingKeysTarget(config, (publication) => s3Object(publication, signedCall(makeClient()))));
