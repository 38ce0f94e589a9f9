interface Service {
  /** The name in texts. */
  readonly name: string;
  /** The end of `AWS_ENDPOINT_URL_…`: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
  readonly variable: string;
  /** The name in endpoints, if it differs from that in signatures and permissions. */
  readonly endpoint?: string;
  /** Whether GovCloud has separate FIPS endpoints. Most services have one endpoint there, with FIPS. */
  readonly hasFipsInGovCloud?: boolean;
  /** Whether a partition has one endpoint. */
  readonly isGlobal?: boolean;
}

/** The services that are called. The keys are the names in signatures and permissions, and mostly in endpoints. */
export const SERVICES = {
  elasticache: { name: 'ElastiCache', variable: 'ELASTICACHE' },
  events: { name: 'EventBridge', variable: 'EVENTBRIDGE' },
  iam: { name: 'IAM', variable: 'IAM', isGlobal: true },
  lambda: { name: 'Lambda', variable: 'LAMBDA', hasFipsInGovCloud: true },
  memorydb: { name: 'MemoryDB', variable: 'MEMORYDB', endpoint: 'memory-db', hasFipsInGovCloud: true },
  s3: { name: 'Amazon S3', variable: 'S3', hasFipsInGovCloud: true },
  secretsmanager: { name: 'Secrets Manager', variable: 'SECRETS_MANAGER', hasFipsInGovCloud: true },
  sns: { name: 'SNS', variable: 'SNS' },
  sts: { name: 'AWS STS', variable: 'STS' },
} as const satisfies Record<string, Service>;

export type ServiceId = keyof typeof SERVICES;

export interface Endpoint {
  readonly url: URL;
  readonly signingRegion: string;
}

interface Partition {
  /** The beginning of the names of its regions. */
  readonly prefix: string;
  /** The end of its host names. */
  readonly suffix: string;
  /** The same for Secrets Manager with IPv6, if it differs: https://docs.aws.amazon.com/secretsmanager/latest/userguide/asm_access.html */
  readonly dualStackSuffix?: string;
  /** The region that signs requests to global services. */
  readonly home: string;
  /** What global services have in their host names before the suffix: https://docs.aws.amazon.com/general/latest/gr/iam-service.html */
  readonly globalName?: string;
}

/** The last one has every other region. */
const PARTITIONS: readonly Partition[] = [
  { prefix: 'cn-', suffix: 'amazonaws.com.cn', home: 'cn-north-1', globalName: 'cn-north-1' },
  { prefix: 'us-gov-', suffix: 'amazonaws.com', home: 'us-gov-west-1', globalName: 'us-gov' },
  { prefix: 'us-iso-', suffix: 'c2s.ic.gov', dualStackSuffix: 'api.aws.ic.gov', home: 'us-iso-east-1', globalName: 'us-iso-east-1' },
  { prefix: 'us-isob-', suffix: 'sc2s.sgov.gov', dualStackSuffix: 'api.aws.scloud', home: 'us-isob-east-1', globalName: 'us-isob-east-1' },
  { prefix: 'eu-isoe-', suffix: 'cloud.adc-e.uk', dualStackSuffix: 'api.cloud-aws.adc-e.uk', home: 'eu-isoe-west-1', globalName: 'eu-isoe-west-1' },
  { prefix: 'us-isof-', suffix: 'csp.hci.ic.gov', dualStackSuffix: 'api.aws.hci.ic.gov', home: 'us-isof-south-1', globalName: 'us-isof-south-1' },
  { prefix: 'eusc-', suffix: 'amazonaws.eu', dualStackSuffix: 'api.amazonwebservices.eu', home: 'eusc-de-east-1', globalName: 'eusc-de-east-1' },
  { prefix: '', suffix: 'amazonaws.com', home: 'us-east-1' },
];

/**
 * The endpoint of a service in a region. The SDK's variables of the environment choose FIPS, IPv6, or another endpoint.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
 */
export function endpointOf(id: ServiceId, region: string): Endpoint {
  const service: Service = SERVICES[id];
  const partition = partitionOf(region);
  const signingRegion = service.isGlobal ? partition.home : region;
  const given = process.env[`AWS_ENDPOINT_URL_${service.variable}`] || process.env.AWS_ENDPOINT_URL;
  if (given) { return { url: new URL(given), signingRegion }; }
  if (service.isGlobal) {
    const name = partition.globalName === undefined ? `${id}${isSet('FIPS') ? '-fips' : ''}` : `${id}.${partition.globalName}`;
    return { url: new URL(`https://${name}.${partition.suffix}`), signingRegion };
  }
  const mayHaveFips = service.hasFipsInGovCloud === true || partition.globalName !== 'us-gov';
  const suffix = id === 'secretsmanager' && isSet('DUALSTACK') ? partition.dualStackSuffix : undefined;
  return { url: new URL(`https://${hostName(service.endpoint ?? id, region, mayHaveFips, suffix)}`), signingRegion };
}

/** The host name of a service that has its region in it. */
export function hostName(name: string, region: string, mayHaveFips = true, suffix = partitionOf(region).suffix): string {
  return `${name}${mayHaveFips && isSet('FIPS') ? '-fips' : ''}.${region}.${suffix}`;
}

function partitionOf(region: string): Partition {
  return PARTITIONS.find(({ prefix }) => region.startsWith(prefix))!;
}

function isSet(what: 'FIPS' | 'DUALSTACK'): boolean {
  return process.env[`AWS_USE_${what}_ENDPOINT`]?.toLowerCase() === 'true';
}
