import { App } from 'aws-cdk-lib';
import { OrdersStack } from './orders-stack';

new OrdersStack(new App(), 'Orders', { description: 'What a service needs to read the rotating login of its PostgreSQL database' });
