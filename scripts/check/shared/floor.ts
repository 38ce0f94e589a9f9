/** The lowest versions that the package takes. */
export interface Floor {
  readonly 'aws-cdk-lib': string;
  readonly 'constructs': string;
}

export function floorOf({ peerDependencies = {} }: { readonly peerDependencies?: Record<string, string> }): Floor {
  const floor = (name: string) => peerDependencies[name].replace(/^\^/, '');
  return { 'aws-cdk-lib': floor('aws-cdk-lib'), 'constructs': floor('constructs') };
}
