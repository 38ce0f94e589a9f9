import { s3Object } from './s3-object';
import { signingKeysTarget } from './target';
import { makeHandler } from '../../handler';

export const handler = makeHandler((config, call) =>
  signingKeysTarget(config, (publication) => s3Object(publication, call)));
