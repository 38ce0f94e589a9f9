import { makeHandler, type RotationHandler } from '../../../handler';
import { log } from '../../../log';
import type { RotationModule } from '../api';
import { moduleTarget } from './target';

/** The handler for the user's module. `RotationTarget.module` bundles both into one function. */
export function handlerOf(module: Partial<RotationModule<unknown>>): RotationHandler {
  return makeHandler((config) => moduleTarget(config, module, log));
}
