import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Runtime } from './lambda-process';
import type { RealEngine } from '../../servers';
import { CONFIG_VARIABLE, serializeConfig, type HandlerConfig } from '../../src/contract';

/** The name under which each world keeps the superuser's secret. */
export const SUPERUSER_SECRET = 'superuser';

export interface Variant {
  readonly engine: RealEngine;
  readonly alternating: boolean;
}

/** What a function is given of the world that it runs in. */
export interface Surroundings {
  /** Of Secrets Manager. */
  readonly url: string;
  /** The certificate authority of the database's server, as PEM, and the file that holds it. Ours trusts those of its asset without one. */
  readonly ca?: string;
  readonly caFile: string;
}

export interface Implementation {
  readonly name: string;
  runtimeOf(variant: Variant, surroundings: Surroundings): Runtime;
}

export const REGION = 'eu-west-1';
export const ENGINE_NAMES: Readonly<Record<RealEngine, string>> = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB' };

export function nameOf({ engine, alternating }: Variant): string {
  return `${ENGINE_NAMES[engine]}, ${alternating ? 'alternating users' : 'single user'}`;
}

function commonEnvironment(url: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
  };
}

/** The assets of this package. */
export function ours(node: string): Implementation {
  return {
    name: 'ours',
    runtimeOf: ({ engine, alternating }, { url, ca }) => {
      const superuserSecretArn = alternating ? SUPERUSER_SECRET : undefined;
      const config: HandlerConfig = { target: engine, superuserSecretArn, certificateAuthority: ca, passwordPolicy: {} };
      return {
        command: node,
        args: [join(__dirname, 'host.cjs')],
        env: {
          ...commonEnvironment(url),
          LAMBDA_TASK_ROOT: join(__dirname, '..', '..', 'assets', engine === 'postgres' ? 'postgres' : 'mysql'),
          [CONFIG_VARIABLE]: serializeConfig(config),
        },
      };
    },
  };
}

/** The templates of AWS in a checkout of their repository, unchanged. */
export function templates(python: string, checkout: string): Implementation {
  return {
    name: 'AWS',
    runtimeOf: ({ engine, alternating }, surroundings) => (
      pythonRuntime(python, join(checkout, `SecretsManagerRDS${ENGINE_NAMES[engine]}Rotation${alternating ? 'MultiUser' : 'SingleUser'}`), surroundings)
    ),
  };
}

/** A template of our own that loses passwords. */
export function naive(python: string): Implementation {
  return { name: 'naive', runtimeOf: (_, surroundings) => pythonRuntime(python, join(__dirname, 'naive'), surroundings) };
}

function pythonRuntime(python: string, directory: string, { url, caFile }: Surroundings): Runtime {
  return {
    command: python,
    args: [join(__dirname, 'host.py')],
    env: {
      ...commonEnvironment(url),
      LAMBDA_TASK_ROOT: directory,
      SECRETS_MANAGER_ENDPOINT: url,
      CERTIFICATE_AUTHORITIES: caFile,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  };
}

/** @throws Error if the directory isn't an unchanged clone of the templates' repository */
export function commitOf(checkout: string): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: checkout, encoding: 'utf8' }).stdout?.trim();
  if (!existsSync(join(checkout, 'SecretsManagerRDSPostgreSQLRotationSingleUser', 'lambda_function.py')) || git('rev-parse', '--show-prefix') !== '') {
    throw new Error(`${checkout} is no clone of https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas. Clone it, and give its directory`);
  }
  if (git('status', '--porcelain') !== '') { throw new Error(`${checkout} has changes. Give a clone without changes`); }
  return git('rev-parse', 'HEAD');
}
