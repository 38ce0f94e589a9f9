import { Annotations, Aspects, Resource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct, IDependable } from 'constructs';
import type { RotationNotification } from '../notification/rotation-notification';
import type { CalledService, TargetBinding } from '../targets/definition';

const DESCRIPTION = 'Rotation of secrets';

/** The service of a notification, as in the names of its endpoints. */
export type PublishingService = 'events' | 'sns';

/** A service that a function in a VPC has to reach. */
interface Service {
  /** The service in the name of its endpoints. */
  readonly name: string;
  readonly title: string;
  readonly constant: string;
  readonly warning: string;
}

const SECRETS_MANAGER: Service = { name: 'secretsmanager', title: 'Secrets Manager', constant: 'SECRETS_MANAGER', warning: 'noRouteToSecretsManager' };
const PUBLISHING_SERVICES: Record<PublishingService, Service> = {
  events: { name: 'events', title: 'EventBridge', constant: 'EVENTBRIDGE', warning: 'noRouteToEventBridge' },
  sns: { name: 'sns', title: 'SNS', constant: 'SNS', warning: 'noRouteToSns' },
};

const CALLED_SERVICES: Record<CalledService, Service> = {
  'elasticache': { name: 'elasticache', title: 'ElastiCache', constant: 'ELASTICACHE', warning: 'noRouteToElastiCache' },
  'memory-db': { name: 'memory-db', title: 'MemoryDB', constant: 'MEMORY_DB', warning: 'noRouteToMemoryDb' },
};

/** The target of an attachment. It may have no connections, and an RDS cluster has its connections only after it attached the secret. */
interface Attachment {
  readonly target: { readonly connections?: ec2.Connections };
  readonly schedule: IConstruct;
}

/**
 * The network path from a rotation function to the databases and to Secrets Manager.
 *
 * The stack of the function depends on the stacks of its VPC, its database and its superuser secret, so these stacks must not depend on the
 * stack of the function.
 */
export class RotationNetwork {
  /** What every schedule waits for. */
  public readonly scheduleDependencies: IDependable[] = [];
  private readonly upstream: ReadonlySet<Stack>;
  private readonly downstream = new Set<Stack>();
  private readonly attachments: Attachment[] = [];
  private readonly rules = new Map<ec2.Connections, IConstruct[]>();

  constructor(
    private readonly fn: lambda.Function,
    private readonly options: lambda.FunctionOptions,
    private readonly binding: Pick<TargetBinding, 'reads' | 'names' | 'reaches' | 'calls'>,
    private readonly notification?: RotationNotification,
  ) {
    const { reads = [], names = [], reaches } = binding;
    const given = [options.vpc, ...reads.map(({ secret }) => secret), ...names, notification?._destination]
      .filter((construct) => construct !== undefined);
    this.upstream = new Set(given.filter(Resource.isOwnedResource).map((construct) => Stack.of(construct)));
    if (reaches?.connectable) { this.scheduleDependencies.push(...this.letIn(reaches.connectable.connections)); }
    Aspects.of(fn).add({
      visit: (construct) => {
        if (construct === fn) { this.complete(); }
      },
    });
  }

  /** Whether the stack of the function depends on a stack. That stack then can't depend on the function. */
  public dependsOn(stack: Stack): boolean {
    return stack !== Stack.of(this.fn) && this.upstream.has(stack);
  }

  /** Records that a stack depends on the stack of the function. */
  public addDependent(stack: Stack): void {
    this.downstream.add(stack);
  }

  /** Lets the function into an attached database, when the app is complete. */
  public attach(attachment: Attachment): void {
    this.attachments.push(attachment);
  }

  private complete(): void {
    for (const { target, schedule } of this.attachments) {
      if (target.connections) { schedule.node.addDependency(...this.letIn(target.connections)); }
    }
    this.warnOfIsolatedSubnets(SECRETS_MANAGER);
    if (this.binding.calls) { this.warnOfIsolatedSubnets(CALLED_SERVICES[this.binding.calls]); }
    if (this.notification) { this.warnOfIsolatedSubnets(PUBLISHING_SERVICES[this.notification._service]); }
  }

  /** Lets the function in, once, and returns the rules that this needs. */
  private letIn(connections: ec2.Connections): IConstruct[] {
    const existing = this.rules.get(connections);
    if (existing) { return existing; }
    const { fn } = this;
    if (!fn.isBoundToVpc) {
      Annotations.of(fn).addWarningV2('cdk-rotating-secret:notInVpc', 'vpc: is not given, so the function reaches the database only if that is public. Give a '
        + 'RotationFunction the vpc of the database, and vpcSubnets from which it and Secrets Manager can be reached');
      return [];
    }
    const { defaultPort, furtherPorts = [] } = this.binding.reaches!;
    const ports = [connections.defaultPort ?? ec2.Port.tcp(defaultPort), ...furtherPorts.map((port) => ec2.Port.tcp(port))];
    const groups = [...fn.connections.securityGroups, ...connections.securityGroups];
    const children = () => groups.flatMap((group) => group.node.children);
    const before = new Set(children());
    const stacks = connections.securityGroups.map((group) => Stack.of(group));
    if (stacks.some((stack) => this.downstream.has(stack) && !this.upstream.has(stack))) {
      for (const port of ports) { connections.allowFrom(fn, port, DESCRIPTION); }
    } else {
      for (const port of ports) { this.allowFromHere(connections, port); }
    }
    const rules = children().filter((child) => !before.has(child));
    this.rules.set(connections, rules);
    return rules;
  }

  /** The rules of `connections.allowFrom`. If the two are in different stacks, the rules are in the stack of the function. */
  private allowFromHere({ securityGroups }: ec2.Connections, port: ec2.Port): void {
    for (const theirs of securityGroups) {
      for (const ours of this.fn.connections.securityGroups) {
        theirs.addIngressRule(ours, port, DESCRIPTION, true);
        if (!ours.allowAllOutbound) { ours.addEgressRule(theirs, port, DESCRIPTION); }
      }
    }
  }

  private warnOfIsolatedSubnets(service: Service): void {
    const { vpc, vpcSubnets } = this.options;
    // The routes of an imported VPC aren't known.
    if (!vpc || !Resource.isOwnedResource(vpc) || hasEndpoint(vpc, service.name)) { return; }
    const routes = vpc.node.root.node.findAll().filter((construct) => construct instanceof ec2.CfnRoute);
    const isolated = vpc.selectSubnets(vpcSubnets).subnets.filter((subnet) => !hasWayOut(vpc, subnet, routes));
    if (isolated.length === 0) { return; }
    Annotations.of(this.fn).addWarningV2(`cdk-rotating-secret:${service.warning}`, `vpcSubnets: ${isolated.map(({ node }) => node.path).join(' and ')} have no route to the `
      + `internet that a function can take, and no interface endpoint for ${service.title} is known in the VPC, so the function can't reach it. Give the VPC the `
      + `interface endpoint InterfaceVpcEndpointAwsService.${service.constant} with addInterfaceEndpoint, or choose subnets with a NAT gateway`);
  }
}

/**
 * Whether a route of the app leads from a subnet to anything but an internet gateway. A function has no public address, so it gets no answer
 * through an internet gateway.
 */
function hasWayOut(vpc: ec2.IVpc, subnet: ec2.ISubnet, routes: readonly ec2.CfnRoute[]): boolean {
  // The routes of an imported subnet aren't known.
  if (!Resource.isOwnedResource(subnet)) { return true; }
  return routes.some(({ routeTableId, gatewayId }) => routeTableId === subnet.routeTable.routeTableId
    && (gatewayId === undefined || gatewayId !== (vpc as ec2.Vpc).internetGatewayId));
}

/** Whether the app has an interface endpoint for a service in a VPC, under its usual name. */
function hasEndpoint(vpc: ec2.IVpc, service: string): boolean {
  return vpc.node.root.node.findAll().some((construct) => construct instanceof ec2.CfnVPCEndpoint
    && construct.vpcId === vpc.vpcId
    && construct.privateDnsEnabled !== false
    && new RegExp(`\\.${service}(-fips)?"`).test(JSON.stringify(Stack.of(construct).resolve(construct.serviceName))));
}
