import { App, Tags } from 'aws-cdk-lib';
import { PlatformStack } from './platform-stack';
import { TeamStack, type SecretEntry } from './team-stack';

const app = new App();
Tags.of(app).add('owner', 'platform');

const platform = new PlatformStack(app, 'RotationFleet');

// Stands for the list that a platform team has: a line for a secret, with who reads it and with which key it is encrypted.
const secrets = Array.from({ length: 300 }, (_, index): SecretEntry => ({
  name: `service-${String(index + 1).padStart(3, '0')}`,
  network: index % 2 === 0 ? 'blue' : 'green',
  key: index % 4 < 2 ? 'internal' : 'regulated',
}));

new TeamStack(app, 'RotationFleetPayments', { platform, secrets: secrets.slice(0, 150) });
new TeamStack(app, 'RotationFleetOrders', { platform, secrets: secrets.slice(150) });
