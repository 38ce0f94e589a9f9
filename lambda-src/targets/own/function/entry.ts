import { lambdaFunction, TIMEOUTS } from './lambda-function';
import { invokeTarget } from './target';
import { signedCall } from '../../../aws/signed-call';
import { makeHandler } from '../../../handler';

export const handler = makeHandler((config) => {
  const call = signedCall(TIMEOUTS);
  return invokeTarget(config, (functionArn) => lambdaFunction(functionArn, call));
});
