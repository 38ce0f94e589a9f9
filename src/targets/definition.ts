import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct, IDependable } from 'constructs';
import type { TargetConfig } from '../contract';
import type { RotatedSecrets } from '../function/rotated-secrets';
import type { Generator, TargetGenerator } from '../value/generator';

/** What a function needs for its target, beyond the secrets that it rotates. */
export interface TargetBinding {
  /** What the function may do, beyond rotating secrets. */
  readonly statements?: readonly iam.PolicyStatement[];
  /** Other secrets that the function reads. */
  readonly reads?: readonly SecretRead[];
  /** What the function connects to. */
  readonly reaches?: Reach;
  /** Constructs that the configuration or the network of the function names, so that its stack depends on theirs. */
  readonly names?: readonly (IConstruct | undefined)[];
  /**
   * Grants what rotating this secret needs elsewhere than in the function's own role.
   *
   * @returns what the secret's schedule must wait for
   */
  readonly grant?: (secret: ISecret, scheduleScope: Construct) => IDependable[];
  /** Throws if the function can't rotate this secret. */
  readonly checkSecret?: (secret: ISecret) => void;
  /**
   * Warns if rotations can be too close to each other, and throws if they always are. Called if both are known: the fewest hours between two
   * rotations, and the hours of their period.
   */
  readonly checkInterval?: (secret: ISecret, hours: number, period: number) => void;
}

/** A secret that a function reads and doesn't rotate. */
export interface SecretRead {
  /** The property that it was given as, for errors. */
  readonly property: string;
  /** The id of the policy statement. */
  readonly sid: string;
  readonly secret: ISecret;
}

/** What a function connects to. What its secrets are attached to lets the function in as well. */
export interface Reach {
  readonly connectable?: ec2.IConnectable;
  /** The port of a connectable that names none. */
  readonly defaultPort: number;
}

/** All that the generic constructs know of a target. Each target has one, in its own folder. */
export abstract class TargetDefinition implements TargetGenerator {
  /** The factory that makes it, for errors. */
  public abstract readonly factory: string;
  public readonly defaults: Generator = {};
  public readonly hasFixedKey: boolean = false;
  /** Whether the target's own code makes the later values, so that nothing is known of them here. */
  public readonly makesOwnValue: boolean = false;
  /**
   * What CloudFormation gives a secret that has no other value, if its credential is issued and not generated. The first rotation then makes
   * the first credential, so it is at deployment by default.
   */
  public readonly valueBeforeFirst?: string;
  /** The time-out of the function by default. */
  public readonly timeout: Duration = Duration.seconds(30);
  /** Whether a rotation changes the secret and nothing else, so that whoever holds a copy of the value doesn't learn of it. */
  public readonly changesSecretOnly: boolean = false;
  /** Whether a rotation changes the password of a user of a database. */
  public readonly isOfDatabase: boolean = false;
  /** The keys of a secret's value that `checkValue` looks at. */
  public readonly checkedKeys: readonly string[] = [];

  /** @param given what is given of the generator, by the target or by the secret that completes it */
  constructor(public readonly given: Generator) {}

  /** The same target, with a generator that a secret completed. */
  public with(given: Generator): this {
    return Object.assign(Object.create(this) as this, { given });
  }

  /** The handler of this target. */
  public abstract code(): lambda.Code;

  /** What the handler is told. */
  public abstract config(generator: Generator): TargetConfig;

  /** What the function needs. The checks of what it was given are here too. */
  public bind(_fn: lambda.Function, _secrets: RotatedSecrets): TargetBinding {
    return {};
  }

  /**
   * Throws if a value is one that couldn't be rotated.
   *
   * @param property where the value is given
   * @param value as far as it is known
   */
  public checkValue(_property: string, _value: Readonly<Record<string, unknown>>): void {}
}

/** One of the assets that come with the package. */
export function shippedCode(asset: string): lambda.Code {
  return lambda.Code.fromAsset(join(__dirname, '..', '..', 'assets', asset));
}
