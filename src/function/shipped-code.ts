import { join } from 'node:path';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { HANDLER } from '../contract';

const ASSETS = join(__dirname, '..', '..', 'assets');
/** The folder of what all functions share. */
const CORE = 'core';

/** The code of a function, and the handler in it. */
export interface FunctionCode {
  readonly code: lambda.Code;
  readonly handler: string;
}

/** One of the assets of this package, beside the core that it loads. */
export function shippedCode(asset: string): FunctionCode {
  const code = lambda.Code.fromAsset(ASSETS, { exclude: ['*', ...[CORE, asset].flatMap((folder) => [`!${folder}`, `!${folder}/**`])] });
  return { code, handler: `${asset}/${HANDLER}` };
}
