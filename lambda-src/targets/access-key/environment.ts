import { parseUserArn, type UserIds } from '../../../src/targets/access-key/contract';

/** @throws Error if it isn't the ARN of a user */
export function userOf(arn: string): UserIds {
  const user = parseUserArn(arn);
  if (user) { return user; }
  throw new Error('userArn is not the ARN of a user of IAM. Give a user to the RotationTarget whose ARN is known when it is deployed');
}

/** @throws Error if Lambda's variable is missing */
export function regionOfFunction(): string {
  const { AWS_REGION: region } = process.env;
  if (region) { return region; }
  throw new Error('AWS_REGION is not set in the environment of the function. Lambda sets it; look for a wrapper or a layer that removes it');
}
