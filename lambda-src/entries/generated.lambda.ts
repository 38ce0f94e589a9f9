import { makeHandler } from '../handler';
import { generatedTarget } from '../targets/generated';

export const handler = makeHandler(generatedTarget);
