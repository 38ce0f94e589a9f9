import { FunctionProcess } from '../tools/function-process';
import type { Invocation, OutputLine } from '../tools/function-process';

/** A function, as far as running it depends on it. */
export interface FunctionConfiguration {
  readonly functionName: string;
  readonly region: string;
  readonly account: string;
  /** Where the files of the asset are. */
  readonly codeDirectory: string;
  readonly handler: string;
  readonly runtime: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly logGroupName: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Runs a function as Lambda does, one event at a time: in a process that's started when there's none and used again as
 * long as it lives, with the function's own environment and what Lambda adds to it.
 */
export class LocalFunction {
  /** Everything that the function wrote, in all its processes. */
  public readonly output: OutputLine[] = [];
  public readonly environment: Readonly<Record<string, string>>;
  private current?: FunctionProcess;

  /** @param additions more environment variables, such as AWS_ENDPOINT_URL_SECRETS_MANAGER */
  constructor(private readonly configuration: FunctionConfiguration, additions: Readonly<Record<string, string>> = {}) {
    this.environment = { ...lambdaEnvironment(configuration), ...configuration.environment, ...additions };
  }

  public get arn(): string {
    const { region, account, functionName } = this.configuration;
    return `arn:aws:lambda:${region}:${account}:function:${functionName}`;
  }

  /** The process that handles the next event, if it runs already. */
  public get process(): FunctionProcess | undefined {
    return this.current?.ended ? undefined : this.current;
  }

  /** @throws HandlerError where the handler throws, and ProcessEndedError where the process ends before it's done */
  public async invoke(event: object): Promise<Invocation> {
    const warm = this.process ?? await this.start();
    return warm.invoke(event);
  }

  /** The next event gets a new process. */
  public async kill(): Promise<void> {
    await this.process?.kill();
  }

  /** Starts the process before there's an event for it. */
  public async start(): Promise<FunctionProcess> {
    this.current = await FunctionProcess.start({
      environment: this.environment,
      functionArn: this.arn,
      timeoutMs: this.configuration.timeoutSeconds * 1000,
      onLine: (line) => this.output.push(line),
    });
    return this.current;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function lambdaEnvironment(configuration: FunctionConfiguration): Record<string, string> {
  return {
    _HANDLER: configuration.handler,
    AWS_ACCESS_KEY_ID: 'dummy',
    AWS_SECRET_ACCESS_KEY: 'dummy',
    AWS_SESSION_TOKEN: 'dummy',
    AWS_REGION: configuration.region,
    AWS_DEFAULT_REGION: configuration.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: configuration.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_LAMBDA_LOG_GROUP_NAME: configuration.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: configuration.codeDirectory,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: process.env.PATH ?? '',
  };
}
