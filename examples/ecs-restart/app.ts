import { App } from 'aws-cdk-lib';
import { RestartStack } from './restart-stack';

new RestartStack(new App(), 'EcsRestart', { description: 'An ECS service that restarts when its secret has rotated' });
