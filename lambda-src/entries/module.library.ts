import { makeHandler, type RotationHandler } from '../handler';
import { log } from '../log';
import type { RotationModule } from '../targets/custom/api';
import { moduleTarget } from '../targets/custom/module';

/** The handler of the user's module. `RotationTarget.module` bundles both into one function. */
export function handlerOf(module: Partial<RotationModule<unknown>>): RotationHandler {
  return makeHandler((config) => moduleTarget(config, module, log));
}
