import type { AssetBundle } from '../../../bundle';
import { PG_REPLACEMENTS } from '../bundle';

export const bundle: AssetBundle = { replacements: PG_REPLACEMENTS };
