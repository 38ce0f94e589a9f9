import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { RotatingSecret, RotationCheck, RotationFunction, RotationNotification, RotationTarget } from 'cdk-rotating-secret';
import type { Construct } from 'constructs';

/** A service whose tasks have a secret in their environment, and so only see a new value when they start. */
export class RestartStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const bus = new events.EventBus(this, 'Rotations');
    const rotation = new RotationFunction(this, 'Rotation', {
      target: RotationTarget.generated({ generateStringKey: 'password' }),
      notification: RotationNotification.eventBus(bus),
    });
    const secret = new RotatingSecret(this, 'Password', {
      rotationFunction: rotation,
      generateSecretString: { secretStringTemplate: JSON.stringify({ username: 'user1' }) },
    });
    new RotationCheck(this, 'Check', { rotationFunctions: [rotation] }).addOverdueAlarm();

    const service = this.makeService(ecs.Secret.fromSecretsManager(secret, 'password'));

    // This secret alone, and as soon as it has a new current version.
    new events.Rule(this, 'Rotated', {
      eventBus: bus,
      description: 'Restarts the service when its secret has rotated',
      eventPattern: { source: ['cdk-rotating-secret'], detailType: ['Secret Rotated'], resources: [secret.secretArn] },
      targets: [new targets.SfnStateMachine(this.makeRestart(service))],
    });

    new CfnOutput(this, 'SecretArn', { value: secret.secretArn });
    new CfnOutput(this, 'ServiceName', { value: service.serviceName });
  }

  private makeService(password: ecs.Secret): ecs.FargateService {
    const cluster = new ecs.Cluster(this, 'Cluster', { vpc: new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 }), containerInsights: true });
    const taskDefinition = new ecs.FargateTaskDefinition(this, 'Task');
    taskDefinition.addContainer('App', {
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:stable'),
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'app', logGroup: this.makeLogGroup('AppLog') }),
      secrets: { PASSWORD: password },
    });
    return new ecs.FargateService(this, 'Service', { cluster, taskDefinition, desiredCount: 2, minHealthyPercent: 100, circuitBreaker: { rollback: true } });
  }

  /** One call of the API, and no function of one's own. A second event for the same version restarts the service once more, and does no harm. */
  private makeRestart(service: ecs.FargateService): sfn.StateMachine {
    const restart = new tasks.CallAwsService(this, 'RestartService', {
      service: 'ecs',
      action: 'updateService',
      parameters: { Cluster: service.cluster.clusterName, Service: service.serviceName, ForceNewDeployment: true },
      iamResources: [service.serviceArn],
      // The service in the answer is long, and not needed.
      resultPath: sfn.JsonPath.DISCARD,
    });
    restart.addRetry({ interval: Duration.seconds(5), maxAttempts: 6, backoffRate: 2 });
    return new sfn.StateMachine(this, 'Restart', {
      definitionBody: sfn.DefinitionBody.fromChainable(restart),
      timeout: Duration.minutes(15),
      tracingEnabled: true,
      logs: { destination: this.makeLogGroup('RestartLog'), level: sfn.LogLevel.ALL },
    });
  }

  private makeLogGroup(id: string): logs.LogGroup {
    return new logs.LogGroup(this, id, { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
  }
}
