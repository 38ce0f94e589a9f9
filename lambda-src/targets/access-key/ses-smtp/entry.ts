import { sesSmtpTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler((config, makeClient) => sesSmtpTarget(config, makeClient()));
