import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '..', '..');

export type Peer = 'generated' | 'postgres' | 'mysql';
export const PEERS: readonly Peer[] = ['generated', 'postgres', 'mysql'];

/** A bundle made by `NodejsFunction`. */
export interface PeerBundle {
  readonly directory: string;
  readonly bytes: number;
}

/**
 * The peers, bundled by `NodejsFunction`: by default without the AWS SDK, which the runtime has, and with it if `bundleAwsSDK` is set. They are
 * minified, as a careful person would do.
 *
 * @see https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda_nodejs.BundlingOptions.html
 */
export function bundlePeer(peer: Peer, bundleAwsSdk: boolean, parent: string): PeerBundle {
  const directory = join(parent, `${peer}-${bundleAwsSdk ? 'with' : 'without'}-sdk`);
  mkdirSync(directory);
  const outfile = join(directory, 'index.js');
  buildSync({
    entryPoints: [join(__dirname, `${peer}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    external: ['pg-native', ...bundleAwsSdk ? [] : ['@aws-sdk/*', '@smithy/*']],
    tsconfigRaw: '{}',
    logLevel: 'warning',
  });
  // Replaces the runtime's own modules.
  if (!bundleAwsSdk) { symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules')); }
  return { directory, bytes: statSync(outfile).size };
}
