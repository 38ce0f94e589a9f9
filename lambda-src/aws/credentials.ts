import type { Credentials } from './signature';

/** The credentials of the function's role, which Lambda puts into the environment. */
export function credentialsOfFunction(): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    throw Object.assign(new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; Lambda sets them from the role of the function'), { name: 'CredentialsProviderError' });
  }
  return { accessKeyId, secretAccessKey, ...sessionToken ? { sessionToken } : {} };
}
