import { waitForFirstRotation } from './wait';
import { customResource } from '../custom-resource';
import { log } from '../log';

export const handler = customResource(waitForFirstRotation(), log);
