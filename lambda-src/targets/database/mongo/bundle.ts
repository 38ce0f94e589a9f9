import type { AssetBundle } from '../../../bundle';
import { RDS_CERTIFICATES } from '../bundle';

export const bundle: AssetBundle = RDS_CERTIFICATES;
