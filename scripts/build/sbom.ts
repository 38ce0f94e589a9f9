/* The software bill of materials: the packages in the bundles, for scanners, which can't look into bundles. */
import type { ThirdParty } from './third-parties';

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** The property of a component that names the assets with its code or its data. */
export const ASSET_PROPERTY = 'cdk-rotating-secret:asset';

/** CycloneDX, without a time or a serial number, so that the same sources make the same bytes. */
export function sbom(product: Product, parties: readonly ThirdParty[]): object {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'library', ...component(product), description: product.description } },
    components: parties.map((party) => ({
      type: 'library',
      ...component(party),
      properties: party.bundles.map((value) => ({ name: ASSET_PROPERTY, value })),
    })),
    dependencies: [
      { ref: purl(product), dependsOn: parties.map(purl) },
      ...parties.map((party) => ({ ref: purl(party) })),
    ],
  };
}

function component({ name, version, license }: Omit<Product, 'description'>) {
  const [, group, plain] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name)!;
  const id = purl({ name, version });
  return { 'bom-ref': id, ...group === undefined ? {} : { group }, 'name': plain, version, 'licenses': [{ license: { id: license } }], 'purl': id };
}

function purl({ name, version }: { readonly name: string; readonly version: string }): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
