import { makeHandler } from '../handler';
import { lambdaFunction } from '../lambda-function';
import { invokeTarget } from '../targets/custom/invoke';

export const handler = makeHandler((config) => invokeTarget(config, lambdaFunction));
