import { makeCheck } from './check';

export const handler = makeCheck();
