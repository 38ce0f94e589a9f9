import type { AssetBundle } from '../../../bundle';

export const bundle: AssetBundle = {
  asset: 'invoke',
  // One operation of Lambda streams events, and the client needs them when it is made.
  needs: ['@smithy/core/event-streams'],
};
