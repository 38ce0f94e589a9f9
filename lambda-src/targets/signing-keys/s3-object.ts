import type { SetStore } from './publication';
import type { PublicationConfig } from '../../../src/targets/signing-keys/contract';
import { xmlErrorName, type Answer } from '../../aws/answer';
import { ask } from '../../aws/ask';
import { encode } from '../../aws/signature';
import type { ServiceRequest, SignedCall } from '../../aws/signed-call';
import type { Deadline } from '../../rotation/deadline';
import { TargetRefusedError, type RotationError } from '../../rotation/errors';

/** The secret that wrote the object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata */
const OWNER = 'x-amz-meta-secret';

/** What to do about an error, by a part of its name. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^KMS/, 'The key of the bucket can not be used: grant kms:GenerateDataKey and kms:Decrypt on it to the role of the RotationFunction, and see that it is enabled'],
  [/^AccessDenied/, 'Grant s3:GetObject and s3:PutObject on it to the role of the RotationFunction, and with a customer managed key kms:GenerateDataKey and kms:Decrypt, or look for what denies it: '
    + 'a permissions boundary, a service control policy, or a policy of the bucket, its key or the VPC endpoint'],
  [/^NoSuchBucket/, 'The bucket does not exist any more: deploy it again, or give another one as publishTo'],
  [/Redirect|IllegalLocation|AuthorizationHeaderMalformed/, 'The bucket is in another region than the app says: import it with its region'],
];

/**
 * An object in S3, with two operations of its API.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function s3Object({ bucketName, bucketRegion, objectKey, cacheSeconds }: PublicationConfig, call: SignedCall): SetStore {
  const address = `s3://${bucketName}/${objectKey}`;
  const path = `/${bucketName}/${objectKey.split('/').map(encode).join('/')}`;

  /** @param isExpected whether an answer isn't an error */
  const request = async (
    operation: string, parts: Pick<ServiceRequest, 'method' | 'headers' | 'body'>, isExpected: (answer: Answer) => boolean, deadline: Deadline,
  ): Promise<Answer> => {
    const purpose = `${operation} on ${address}`;
    const errorIn = (answer: Answer) => isExpected(answer) ? undefined : errorName(answer);
    const { answer, error } = await ask(call, { service: 's3', region: bucketRegion ?? process.env.AWS_REGION!, path, ...parts }, { purpose, errorIn }, deadline);
    if (error !== undefined) { throw refused(purpose, error); }
    return answer;
  };

  return {
    address,
    read: async (deadline) => {
      // Without the permission to list the bucket, S3 denies access to a missing object. A write then distinguishes the two cases.
      const isMissing = (answer: Answer) => answer.status === 404 ? errorName(answer) === 'NoSuchKey' : answer.status === 403 && errorName(answer) === 'AccessDenied';
      const answer = await request('GetObject', { method: 'GET', headers: {}, body: '' }, (given) => (given.status === 200 && given.headers?.etag !== undefined) || isMissing(given), deadline);
      if (answer.status !== 200) { return undefined; }
      const { 'etag': tag, date, 'last-modified': lastModified, [OWNER]: owner } = answer.headers!;
      const age = Date.parse(date) - Date.parse(lastModified);
      return { body: answer.body, tag, owner, age: Number.isFinite(age) ? age : 0 };
    },
    write: async (body, owner, tag, deadline) => {
      const headers = {
        'content-type': 'application/json',
        'cache-control': `max-age=${cacheSeconds}`,
        [OWNER]: owner,
        ...tag === undefined ? { 'if-none-match': '*' } : { 'if-match': tag },
      };
      const { status } = await request('PutObject', { method: 'PUT', headers, body }, (given) => given.status === 200 || isOvertaken(given), deadline);
      if (status === 412 && tag === undefined) { await mustBeReadable(deadline); }
      return status === 200;
    },
  };

  /** Throws if an existing object could not be read a moment ago. */
  async function mustBeReadable(deadline: Deadline): Promise<void> {
    await request('GetObject', { method: 'GET', headers: {}, body: '' }, ({ status }) => status === 200, deadline);
  }
}

/** S3 passes errors of AWS KMS on with a dot in their names. */
function errorName(answer: Answer): string {
  return xmlErrorName({ ...answer, body: answer.body.replace('<Code>KMS.', '<Code>KMS') });
}

/** Another write was faster, or is still running. */
function isOvertaken(answer: Answer): boolean {
  return (answer.status === 412 && errorName(answer) === 'PreconditionFailed') || (answer.status === 409 && errorName(answer) === 'ConditionalRequestConflict')
    // The object was deleted after it was read.
    || (answer.status === 404 && errorName(answer) === 'NoSuchKey');
}

function refused(purpose: string, name: string): RotationError {
  const remedy = REMEDIES.find(([names]) => names.test(name))?.[1] ?? 'See the name of the error in the API reference of Amazon S3';
  return new TargetRefusedError(`${purpose} was refused with ${name}. ${remedy}`, name);
}
