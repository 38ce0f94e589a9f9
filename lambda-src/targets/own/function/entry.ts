import { lambdaFunction } from './lambda-function';
import { invokeTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler((config) => invokeTarget(config, lambdaFunction));
