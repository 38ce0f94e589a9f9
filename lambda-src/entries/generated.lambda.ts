import { makeHandler } from '../handler';
import { GeneratedTarget } from '../targets/generated';

export const handler = makeHandler((config) => new GeneratedTarget(config));
