import type { AssetBundle } from '../../../bundle';
import { PG_REPLACEMENTS, RDS_CERTIFICATES } from '../bundle';

export const bundle: AssetBundle = { ...RDS_CERTIFICATES, replacements: PG_REPLACEMENTS };
