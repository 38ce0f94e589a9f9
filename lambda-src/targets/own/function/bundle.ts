import type { AssetBundle } from '../../../bundle';

export const bundle: AssetBundle = {
  asset: 'invoke',
  // One operation of Lambda streams events, and the client needs them at its creation.
  needs: ['@smithy/core/event-streams'],
};
