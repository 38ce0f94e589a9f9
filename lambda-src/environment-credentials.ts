/**
 * Replaces `@aws-sdk/credential-provider-node` in the assets. Lambda puts the role's credentials into the environment. The other sources of the
 * default chain don't exist there, and would be half of the bundle.
 */
export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    throw Object.assign(new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; Lambda sets them from the role of the function'), { name: 'CredentialsProviderError' });
  }
  return { accessKeyId, secretAccessKey, sessionToken };
};
