/** An AWS service that is called without its own client. */
interface Service {
  /** The name in texts. */
  readonly name: string;
  /** The end of `AWS_ENDPOINT_URL_…`: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
  readonly variable: string;
  /** The name in endpoints, if it differs from that in signatures and permissions. */
  readonly endpoint?: string;
  /** Whether GovCloud has separate FIPS endpoints, like those of Secrets Manager. Most services have one endpoint there, with FIPS. */
  readonly hasFipsInGovCloud?: boolean;
  /** Whether a partition has one endpoint. */
  readonly isGlobal?: boolean;
}

/** The keys are the names in signatures and permissions, and mostly in endpoints. */
export const SERVICES = {
  elasticache: { name: 'ElastiCache', variable: 'ELASTICACHE' },
  events: { name: 'EventBridge', variable: 'EVENTBRIDGE' },
  iam: { name: 'IAM', variable: 'IAM', isGlobal: true },
  lambda: { name: 'Lambda', variable: 'LAMBDA', hasFipsInGovCloud: true },
  memorydb: { name: 'MemoryDB', variable: 'MEMORYDB', endpoint: 'memory-db', hasFipsInGovCloud: true },
  s3: { name: 'Amazon S3', variable: 'S3', hasFipsInGovCloud: true },
  sns: { name: 'SNS', variable: 'SNS' },
  sts: { name: 'AWS STS', variable: 'STS' },
} as const satisfies Record<string, Service>;

export type ServiceId = keyof typeof SERVICES;

export interface Endpoint {
  readonly url: URL;
  readonly signingRegion: string;
}

/**
 * The single endpoint of a global service, by the beginning of the partition's regions. `FIPS` stands for the suffix of a separate FIPS
 * endpoint.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/iam-service.html
 */
const GLOBAL: readonly (readonly [string, string, string])[] = [
  ['cn-', 'cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ['us-gov-', 'us-gov.amazonaws.com', 'us-gov-west-1'],
  ['us-iso-', 'us-iso-east-1.c2s.ic.gov', 'us-iso-east-1'],
  ['us-isob-', 'us-isob-east-1.sc2s.sgov.gov', 'us-isob-east-1'],
  ['eu-isoe-', 'eu-isoe-west-1.cloud.adc-e.uk', 'eu-isoe-west-1'],
  ['us-isof-', 'us-isof-south-1.csp.hci.ic.gov', 'us-isof-south-1'],
  ['eusc-', 'eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1'],
  ['', 'amazonaws.com', 'us-east-1'],
];

/**
 * The endpoint of a service, from the endpoint of Secrets Manager in the same region. The rest of the name is the same.
 *
 * @param secretsManager the endpoint of Secrets Manager, with FIPS if the function is to use it
 */
export function endpointOf(id: ServiceId, region: string, secretsManager: URL): Endpoint {
  const service: Service = SERVICES[id];
  const [, host, home] = service.isGlobal ? GLOBAL.find(([prefix]) => region.startsWith(prefix))! : ['', undefined, region];
  const given = process.env[`AWS_ENDPOINT_URL_${service.variable}`] ?? process.env.AWS_ENDPOINT_URL;
  if (given !== undefined) { return { url: new URL(given), signingRegion: home }; }
  if (host !== undefined) {
    const fips = host === 'amazonaws.com' && secretsManager.host.includes('-fips.') ? '-fips' : '';
    return { url: new URL(`https://${id}${fips}.${host}`), signingRegion: home };
  }
  const href = secretsManager.href.replace('//secretsmanager', `//${service.endpoint ?? id}`);
  return { url: new URL(service.hasFipsInGovCloud ? href : href.replace('-fips.us-gov-', '.us-gov-')), signingRegion: home };
}
