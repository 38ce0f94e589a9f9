import { makeCheck } from '../overdue/check';

export const handler = makeCheck();
