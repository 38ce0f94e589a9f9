import { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct, IDependable } from 'constructs';
import type { TargetConfig } from '../contract';
import type { RotatedSecrets } from '../function/rotated-secrets';
import type { FunctionCode } from '../function/shipped-code';
import type { Generator, TargetGenerator } from '../value/generator';

/** A service that a target calls, as in the names of its endpoints. */
export type CalledService = 'elasticache' | 'memory-db';

/** What a function needs for its target, in addition to the permissions to rotate secrets. */
export interface TargetBinding {
  /** Permissions in addition to those that rotate secrets. */
  readonly statements?: readonly iam.PolicyStatement[];
  /** Other secrets that the function reads. */
  readonly reads?: readonly SecretRead[];
  /** The network target of the function. */
  readonly reaches?: Reach;
  /** The service that the function calls, so that it needs a route to its endpoint. */
  readonly calls?: CalledService;
  /** Constructs that the configuration or the network of the function refers to. The stack of the function depends on their stacks. */
  readonly names?: readonly (IConstruct | undefined)[];
  /**
   * Grants permissions outside the function's own role that the rotation of this secret needs.
   *
   * @returns what the secret's schedule must wait for
   */
  readonly grant?: (secret: ISecret, scheduleScope: Construct) => IDependable[];
  /** Throws if the function can't rotate this secret. */
  readonly checkSecret?: (secret: ISecret) => void;
  /**
   * Warns if rotations can be too close to each other, and throws if they always are. Called only if both numbers are known: the fewest hours
   * between two rotations, and the hours of their period.
   */
  readonly checkInterval?: (secret: ISecret, hours: number, period: number) => void;
}

/** A secret that a function reads and doesn't rotate. */
export interface SecretRead {
  /** The property that the secret was given as, for errors. */
  readonly property: string;
  /** The id of the policy statement. */
  readonly sid: string;
  readonly secret: ISecret;
}

/** A network target of a function. Targets of the secrets' attachments let the function in as well. */
export interface Reach {
  readonly connectable?: ec2.IConnectable;
  /** Whether the app names the server, so that the secret needs no host. */
  readonly isNamedByApp?: boolean;
  /** The port, if the connectable has no default port. */
  readonly defaultPort: number;
  /** Ports that the function needs in addition. */
  readonly furtherPorts?: readonly number[];
}

/** What the tests run the rotations of a target on. The docstrings of the factories and docs/support.md have the same words. */
export interface Support {
  /** What distinguishes the rows of one factory. */
  readonly strategy: string;
  /** Servers, with their versions. */
  readonly servers?: readonly string[];
  /** What the tests have in place of a service. */
  readonly standIns?: readonly string[];
  /** What the target is for, and where no rotation has run. */
  readonly neverOn?: readonly string[];
  /** Why there is no server. */
  readonly noServer?: string;
}

/** The strategies, as the table of docs/support.md has them. */
export const STRATEGY_NAMES = { singleUser: 'single user', alternatingUsers: 'alternating users', dualPasswords: 'dual passwords' } as const;

const listOf = (words: readonly string[], last: string) => [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((word) => word !== '').join(` ${last} `);

/** Whether no rotation has met a server of the target, only something in place of it. */
export function hasOnlyStandIns({ servers = [], standIns = [] }: Support): boolean {
  return servers.length === 0 && standIns.length > 0;
}

/** The support in sentences. */
export function supportText({ servers = [], standIns = [], neverOn = [], noServer }: Support): string {
  return [
    ...servers.length > 0 ? [`Tests run on ${listOf(servers, 'and')}.`] : [],
    ...servers.length === 0 && standIns.length > 0 ? [`Tests run on stand-ins only: ${listOf(standIns, 'and')}.`] : [],
    ...neverOn.length > 0 ? [`No rotation has run on ${listOf(neverOn, 'or')} yet.`] : [],
    ...noServer === undefined ? [] : [`${noServer}.`],
  ].join(' ');
}

/** The default time-out of the function for most targets. */
export const DEFAULT_TIMEOUT = Duration.seconds(30);

/** Everything that the generic constructs know of a target. Each target has a definition in its own folder. */
export abstract class TargetDefinition implements TargetGenerator {
  /** The factory of the target, for errors. */
  public abstract readonly factory: string;
  /** What the tests run rotations on, with the strategy that this target has. */
  public abstract readonly support: Support;
  public readonly defaults: Generator = {};
  public readonly hasFixedKey: boolean = false;
  /** Whether the target's own code makes the later values. Nothing is known of them here then. */
  public readonly makesOwnValue: boolean = false;
  /**
   * The value that CloudFormation gives a secret without another value, if its credential is issued and not generated. The first rotation then
   * makes the first credential, so it is at deployment by default.
   */
  public readonly valueBeforeFirst?: string;
  /** The default time-out of the function. */
  public readonly timeout: Duration = DEFAULT_TIMEOUT;
  /** Whether a rotation changes the secret only. Copies of the value then become stale without an error. */
  public readonly changesSecretOnly: boolean = false;
  /** Whether a rotation changes the password of a user of a database. */
  public readonly isOfDatabase: boolean = false;
  /** The keys of a secret's value that `checkValue` looks at. */
  public readonly checkedKeys: readonly string[] = [];

  /** Whether deployment starts the first rotation by default, because it makes the credential, or the user that has it. */
  public get rotatesAtDeployment(): boolean {
    return this.valueBeforeFirst !== undefined;
  }

  /** What is wrong with the port of a database for a secret that has it by an attachment, and what to do. Undefined if nothing is. */
  public get attachedProblem(): string | undefined {
    return undefined;
  }

  /** @param given the generator as given by the target, or as completed by a secret */
  constructor(public readonly given: Generator) {}

  /** The same target, with a generator that a secret completed. */
  public with(given: Generator): this {
    return Object.assign(Object.create(this) as this, { given });
  }

  /** The code of the handler. */
  public abstract code(): FunctionCode;

  /** The configuration of the handler. */
  public abstract config(generator: Generator): TargetConfig;

  /** Checks the target against the function, and returns what the function needs. */
  public bind(_fn: lambda.Function, _secrets: RotatedSecrets): TargetBinding {
    return {};
  }

  /**
   * Throws if a value couldn't be rotated.
   *
   * @param property where the value is given
   * @param value the known part of it
   */
  public checkValue(_property: string, _value: Readonly<Record<string, unknown>>): void {}
}
