import type { AssetBundle } from '../bundle';

export const bundle: AssetBundle = { asset: 'guard', sharesCore: false };
