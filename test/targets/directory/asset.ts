/* The file that Lambda runs, in a process of its own, beside a real directory. */
import { join } from 'node:path';
import { rotate, SecretsManagerServer, SecretsManagerSimulator } from '../../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig, type HandlerConfig } from '../../../src/contract';
import { FunctionProcess } from '../../../tools/function-process';
import type { Login } from '../../../tools/servers/server';

const ROOT = join(__dirname, '..', '..', '..');

export interface AssetOptions {
  /** The name of the asset. */
  readonly asset: string;
  readonly server: { readonly host: string; readonly port: number; readonly superuser: Login };
  readonly user: Login;
  readonly config: HandlerConfig;
  readonly letsIn: (login: Login) => Promise<boolean>;
  readonly isPreviousAccepted: boolean;
}

/** Rotates a user three times. The superuser secret is `superuser`. */
export async function rotateWithAsset({ asset, server, user, config, letsIn, isPreviousAccepted }: AssetOptions): Promise<void> {
  const { host, port, superuser } = server;
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', JSON.stringify({ host, port, ...user }));
  simulator.createSecret('superuser', JSON.stringify({ host, port, ...superuser }));
  const service = await SecretsManagerServer.start(simulator);
  let functionProcess: FunctionProcess | undefined;
  try {
    let output = '';
    functionProcess = await FunctionProcess.start({
      environment: {
        _HANDLER: HANDLER,
        LAMBDA_TASK_ROOT: join(ROOT, 'assets', asset),
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'example',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
        [CONFIG_VARIABLE]: serializeConfig(config),
      },
      functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:rotation',
      timeoutMs: 30_000,
      onLine: ({ text }) => { output += `${text}\n`; },
    });
    const invoke = functionProcess.invoke.bind(functionProcess);
    const passwords = [user.password];
    const login = (label: string) => JSON.parse(simulator.inspect(arn).value(label) as string) as Login;
    for (let n = 0; n < 3; n++) {
      const result = await rotate(simulator, arn, { invoke, attempts: 1 });
      expect(result).toMatchObject({ outcome: 'succeeded', failures: [] });
      expect(await letsIn(login('AWSCURRENT'))).toBe(true);
      expect(await letsIn(login('AWSPREVIOUS'))).toBe(isPreviousAccepted);
      passwords.push(login('AWSCURRENT').password);
    }
    expect(new Set(passwords).size).toBe(4);
    expect(output).toContain('setSecret succeeded');
    for (const password of [...passwords, superuser.password]) { expect(output).not.toContain(password); }
  } finally {
    await functionProcess?.kill();
    await service.stop();
  }
}
