import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { RotationFunction, RotationTarget } from 'cdk-rotating-secret';
import type { Construct } from 'constructs';
import { Network } from './network';

/** What the names of all secrets of the fleet begin with. */
export const PATH = 'fleet';

const NETWORKS = ['blue', 'green'] as const;
const KEYS = ['internal', 'regulated'] as const;

export type NetworkName = typeof NETWORKS[number];
export type KeyName = typeof KEYS[number];

const READ = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
const ROTATE = [...READ, 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];

/** The one function that rotates all secrets, the networks of those that read them, and the keys that they are encrypted with. */
export class PlatformStack extends Stack {
  public readonly rotation: RotationFunction;
  public readonly keys: Readonly<Record<KeyName, kms.IKey>>;

  constructor(scope: Construct, id: string) {
    super(scope, id, { description: 'One function that rotates the secrets of many stacks, within the rules of a strict platform' });
    // Applies to every role that this app makes, wherever it is.
    iam.PermissionsBoundary.of(scope).apply(this.makeBoundary());

    const [internal, regulated] = KEYS.map((name) => this.makeKey(`${name}-key`, `Encrypts the ${name} secrets`));
    this.keys = { internal, regulated };
    const operations = this.makeKey('operations-key', 'Encrypts what the rotation function has, logs and leaves behind');
    operations.grantEncryptDecrypt(new iam.ServicePrincipal(`logs.${this.region}.amazonaws.com`));

    // The function needs no way to those who read the secrets: a generated value is nowhere but in the secret.
    for (const name of NETWORKS) { new Network(this, `${name}-network`, { secrets: `${PATH}/${name}`, actions: READ }); }
    const { vpc } = new Network(this, 'rotation-network', { secrets: PATH, actions: ROTATE });

    this.rotation = new RotationFunction(this, 'Rotation', {
      target: RotationTarget.generated({ generateStringKey: 'password' }),
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      environmentEncryption: operations,
      logGroup: new logs.LogGroup(this, 'RotationLogs', {
        encryptionKey: operations,
        retention: logs.RetentionDays.ONE_YEAR,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      deadLetterQueue: new sqs.Queue(this, 'RotationFailures', { encryptionMasterKey: operations, enforceSSL: true }),
      reservedConcurrentExecutions: 20,
      tracing: lambda.Tracing.ACTIVE,
    });
  }

  private makeKey(id: string, description: string): kms.Key {
    return new kms.Key(this, id, { description, enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
  }

  /** The most that a role of this app may have, whatever its policies say. */
  private makeBoundary(): iam.ManagedPolicy {
    const allow = (actions: string[], ...resources: string[]) => new iam.PolicyStatement({ actions, resources });
    const arn = (service: string, resource: string, resourceName: string) => (
      this.formatArn({ service, resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })
    );
    return new iam.ManagedPolicy(this, 'Boundary', {
      description: 'The most that the roles of the fleet may have',
      statements: [
        allow(ROTATE, arn('secretsmanager', 'secret', `${PATH}/*`)),
        allow(['kms:Decrypt', 'kms:GenerateDataKey'], this.formatArn({ service: 'kms', resource: 'key', resourceName: '*' })),
        allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn('logs', 'log-group', '*')),
        allow(['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], this.formatArn({ service: 'sqs', resource: '*' })),
        // Actions without resources, and those that make the network interfaces of a function in a VPC.
        allow([
          'secretsmanager:GetRandomPassword', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments',
          'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:UnassignPrivateIpAddresses',
        ], '*'),
      ],
    });
  }
}
