import { customResource } from '../guard/custom-resource';
import { decide } from '../guard/decide';
import { log } from '../log';

export const handler = customResource(decide, log);
