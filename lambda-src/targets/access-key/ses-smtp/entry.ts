import { sesSmtpTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler(sesSmtpTarget);
