import { Resource, Stack, Token } from 'aws-cdk-lib';
import { CfnSecret, type ISecret, type ReplicaRegion } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { invalid } from '../invalid';

/**
 * Throws if the key of a replica is certainly of another region than the replica.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html
 */
export function checkReplicaKeys(scope: IConstruct, replicas: readonly ReplicaRegion[] = []): void {
  const ours = Stack.of(scope).region;
  for (const { region, encryptionKey } of replicas) {
    const theirs = encryptionKey?.env.region;
    // A stack without a known region is never in the region of its replica, and neither are its keys.
    if (theirs === undefined || theirs === region || Token.isUnresolved(region) || (Token.isUnresolved(theirs) && theirs !== ours)) { continue; }
    throw invalid('replicaRegions', `has the key ${encryptionKey!.node.path} for ${region}, which is of ${Token.isUnresolved(theirs) ? 'the region of this stack' : theirs}. `
      + 'A replica is encrypted with a key of its own region: give one, or leave it out for the key that AWS manages');
  }
}

/**
 * Errors for imported secrets that are replicas of secrets of this app. A replica is rotated through its primary secret.
 *
 * @param fn the rotation function, in its own region
 */
export function findReplicas(fn: IConstruct, secrets: Iterable<ISecret>): string[] {
  const { account, region } = Stack.of(fn);
  // A secret that this app makes is no replica.
  const imported = [...secrets].filter((secret) => !Resource.isOwnedResource(secret));
  if (imported.length === 0 || Token.isUnresolved(region)) { return []; }
  const primaries = fn.node.root.node.findAll().filter((construct) => construct instanceof CfnSecret).filter((primary) => {
    const stack = Stack.of(primary);
    if (stack.region === region || stack.account !== account) { return false; }
    const replicas = stack.resolve(primary.replicaRegions) as CfnSecret.ReplicaRegionProperty[] | undefined;
    return replicas?.some((replica) => replica.region === region);
  });
  return imported.flatMap((secret) => {
    const primary = primaries.find(({ name }) => name !== undefined && name === secret.secretName);
    return primary === undefined ? [] : [invalid('secret', `${secret.node.path} is the replica in ${region} of ${primary.node.path}, which is of ${Stack.of(primary).region}. `
      + 'Rotate the primary secret, with a function of its region; its replicas follow').message];
  });
}
