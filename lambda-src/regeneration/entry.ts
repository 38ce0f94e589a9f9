import { customResource } from '../custom-resource';
import { decide } from './decide';
import { log } from '../log';

export const handler = customResource(decide, log);
