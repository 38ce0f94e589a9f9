import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { REGION, ROOT_CREDENTIALS } from './emulator';

const TIMEOUT_MS = 60_000;

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
}

export interface Invocation {
  readonly failed: boolean;
  /** What the function returned, or its error. */
  readonly payload: string;
}

export interface IamCall {
  readonly action: string;
  readonly userName: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * What the test asks of AWS, as the root of the account. The SDK is used for Secrets Manager; a client package for each of
 * the few other calls isn't worth its weight, and the emulator doesn't verify the signature of the root.
 */
export class Aws {
  public readonly secretsManager: SecretsManagerClient;

  constructor(public readonly endpoint: string) {
    this.secretsManager = new SecretsManagerClient({
      endpoint,
      region: REGION,
      credentials: ROOT_CREDENTIALS,
      requestHandler: { requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
    });
  }

  public async stackResources(stackName: string): Promise<StackResource[]> {
    const { text } = await this.query('cloudformation', '2010-05-15', 'DescribeStackResources', { StackName: stackName });
    return elements(text, 'member').filter((member) => member.includes('<LogicalResourceId>')).map((member) => ({
      logicalId: elements(member, 'LogicalResourceId')[0],
      physicalId: elements(member, 'PhysicalResourceId')[0],
      type: elements(member, 'ResourceType')[0],
      status: elements(member, 'ResourceStatus')[0],
    }));
  }

  public async stackExists(stackName: string): Promise<boolean> {
    return this.exists(await this.query('cloudformation', '2010-05-15', 'DescribeStacks', { StackName: stackName }, true), 'does not exist');
  }

  public async roleExists(roleName: string): Promise<boolean> {
    return this.exists(await this.query('iam', '2010-05-08', 'GetRole', { RoleName: roleName }, true), 'NoSuchEntity');
  }

  /** What IAM says of a role, as XML. */
  public async role(roleName: string): Promise<string> {
    return (await this.query('iam', '2010-05-08', 'GetRole', { RoleName: roleName })).text;
  }

  public async accessKeyIds(userName: string): Promise<string[]> {
    return elements((await this.query('iam', '2010-05-08', 'ListAccessKeys', { UserName: userName })).text, 'AccessKeyId');
  }

  public async createAccessKey(userName: string): Promise<void> {
    await this.query('iam', '2010-05-08', 'CreateAccessKey', { UserName: userName });
  }

  public async createUser(userName: string): Promise<string> {
    return elements((await this.query('iam', '2010-05-08', 'CreateUser', { UserName: userName })).text, 'Arn')[0];
  }

  /** Deletes the key if it is there. */
  public async deleteAccessKey(userName: string, accessKeyId: string): Promise<void> {
    await this.query('iam', '2010-05-08', 'DeleteAccessKey', { UserName: userName, AccessKeyId: accessKeyId }, true);
  }

  public async createBucket(name: string): Promise<void> {
    await this.send('s3', 'PUT', `/${name}`, undefined, {});
  }

  public async functionExists(functionName: string): Promise<boolean> {
    return this.exists(await this.lambda('GET', `${functionName}/configuration`, undefined, true), 'ResourceNotFoundException');
  }

  public async functionConfiguration(functionName: string): Promise<any> {
    return JSON.parse((await this.lambda('GET', `${functionName}/configuration`)).text);
  }

  public async functionPolicy(functionName: string): Promise<any> {
    return JSON.parse(JSON.parse((await this.lambda('GET', `${functionName}/policy`)).text).Policy);
  }

  /** Adds variables to the environment of a function. Its next invocation has them. */
  public async addToEnvironment(functionName: string, variables: Readonly<Record<string, string>>): Promise<void> {
    const { Environment } = await this.functionConfiguration(functionName);
    await this.lambda('PUT', `${functionName}/configuration`, JSON.stringify({ Environment: { Variables: { ...Environment?.Variables, ...variables } } }));
  }

  public async replaceCode(functionName: string, zip: Buffer, handler: string): Promise<void> {
    await this.lambda('PUT', `${functionName}/code`, JSON.stringify({ ZipFile: zip.toString('base64') }));
    await this.lambda('PUT', `${functionName}/configuration`, JSON.stringify({ Handler: handler }));
  }

  public async invoke(functionName: string, event: object): Promise<Invocation> {
    const { headers, text } = await this.lambda('POST', `${functionName}/invocations`, JSON.stringify(event));
    return { failed: headers.has('x-amz-function-error'), payload: text };
  }

  /** The log group of that very name, if there is one. */
  public async logGroup(logGroupName: string): Promise<{ retentionInDays?: number } | undefined> {
    const { logGroups } = await this.logs('DescribeLogGroups', { logGroupNamePrefix: logGroupName });
    return logGroups.find((group: any) => group.logGroupName === logGroupName);
  }

  public async logMessages(logGroupName: string): Promise<string[]> {
    const messages: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.logs('FilterLogEvents', { logGroupName, nextToken });
      messages.push(...page.events.map((event: any) => event.message));
      nextToken = page.nextToken;
    } while (nextToken);
    return messages;
  }

  /** The calls of IAM since then, by anybody but the root of the account, as AWS CloudTrail has them. */
  public async callsOfIam(since: Date): Promise<IamCall[]> {
    const events = new Map<string, any>();
    let end: number | undefined;
    for (;;) {
      const input = { LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'iam.amazonaws.com' }], StartTime: since.getTime() / 1000, EndTime: end };
      const { text } = await this.send('cloudtrail', 'POST', '/', JSON.stringify(input), {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents',
      });
      // The newest first. The emulator knows no NextToken.
      const page = JSON.parse(text).Events as any[];
      const size = events.size;
      for (const event of page) { events.set(event.EventId, JSON.parse(event.CloudTrailEvent)); }
      if (events.size === size) { break; }
      end = page.at(-1).EventTime;
    }
    return [...events.values()]
      .filter(({ userIdentity }) => userIdentity.accessKeyId !== ROOT_CREDENTIALS.accessKeyId)
      .map(({ requestParameters: { Action: action, UserName: userName } }) => ({ action, userName }));
  }

  private async logs(operation: string, input: object): Promise<any> {
    const { text } = await this.send('logs', 'POST', '/', JSON.stringify(input), {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Logs_20140328.${operation}`,
    });
    return JSON.parse(text);
  }

  private lambda(method: string, path: string, body?: string, mayFail = false): Promise<Answer> {
    return this.send('lambda', method, `/2015-03-31/functions/${path}`, body, { 'content-type': 'application/json' }, mayFail);
  }

  private query(service: string, version: string, action: string, parameters: Record<string, string>, mayFail = false): Promise<Answer> {
    const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
    return this.send(service, 'POST', '/', body, { 'content-type': 'application/x-www-form-urlencoded' }, mayFail);
  }

  private exists({ status, text }: Answer, missing: string): boolean {
    if (status === 200) { return true; }
    if (text.includes(missing)) { return false; }
    throw new Error(`The emulator answered ${status}: ${text}`);
  }

  private async send(
    service: string, method: string, path: string, body: string | undefined, headers: Record<string, string>, mayFail = false,
  ): Promise<Answer> {
    const credential = `${ROOT_CREDENTIALS.accessKeyId}/20000101/${REGION}/${service}/aws4_request`;
    const answer = await fetch(this.endpoint + path, {
      method,
      body,
      headers: { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok && !mayFail) { throw new Error(`${method} ${path} of ${service} was answered with ${answer.status}: ${text}`); }
    return { status: answer.status, headers: answer.headers, text };
  }
}

/** The contents of the XML elements of a name, which don't hold elements of their own name in the answers read here. */
function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, content]) => content);
}
