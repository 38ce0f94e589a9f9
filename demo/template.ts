import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemoError } from './demo-error';
import type { FunctionConfiguration } from './local-function';

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** The path of the construct, without the stack. */
  readonly path: string;
  readonly properties: any;
  readonly metadata: any;
}

/** The only stack of a cloud assembly, as it was synthesized. */
export class StackTemplate {
  public readonly name: string;
  public readonly resources: readonly Resource[];

  constructor(private readonly assembly: string) {
    const { artifacts } = JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8'));
    const stacks = Object.entries<any>(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
    if (stacks.length !== 1) { throw new DemoError(`The app has ${stacks.length} stacks, and the demo is about an app of one.`); }
    const [[id, { properties }]] = stacks;
    this.name = properties.stackName ?? id;
    const { Resources } = JSON.parse(readFileSync(join(assembly, properties.templateFile), 'utf8'));
    this.resources = Object.entries<any>(Resources).map(([logicalId, { Type, Properties, Metadata }]) => (
      { logicalId, type: Type, path: constructPath(Metadata?.['aws:cdk:path'] ?? logicalId), properties: Properties, metadata: Metadata ?? {} }));
  }

  /** The resource of a type of which there must be exactly one. */
  public only(type: string): Resource {
    const found = this.resources.filter((resource) => resource.type === type);
    if (found.length !== 1) { throw new DemoError(`The stack has ${found.length} resources of type ${type}, and the demo is about one.`); }
    return found[0];
  }

  /** Where the asset of a resource is, by the resource's own metadata. */
  public assetDirectory({ logicalId, metadata }: Resource): string {
    const path = metadata['aws:asset:path'];
    if (typeof path !== 'string') { throw new DemoError(`${logicalId} has no asset in the cloud assembly.`); }
    return join(this.assembly, path);
  }

  /** What it takes to run the function of a resource somewhere else than in Lambda. */
  public functionConfiguration(resource: Resource, where: Pick<FunctionConfiguration, 'region' | 'account'>): FunctionConfiguration {
    const { Handler, Runtime, MemorySize, Timeout, Environment } = resource.properties;
    const functionName = `${this.name}-${resource.logicalId}`.slice(0, 64);
    const variables = Object.entries<unknown>(Environment?.Variables ?? {});
    for (const [name, value] of variables) {
      if (typeof value !== 'string') { throw new DemoError(`The environment variable ${name} of ${resource.logicalId} is only known once it is deployed.`); }
    }
    return {
      ...where,
      functionName,
      codeDirectory: this.assetDirectory(resource),
      handler: Handler,
      runtime: Runtime,
      memoryMb: MemorySize,
      timeoutSeconds: Timeout,
      logGroupName: `/aws/lambda/${functionName}`,
      environment: Object.fromEntries(variables) as Record<string, string>,
    };
  }
}

function constructPath(path: string): string {
  return path.replace(/^[^/]+\//, '').replace(/\/(Resource|Default)$/, '');
}
