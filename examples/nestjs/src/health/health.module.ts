import { Module } from '@nestjs/common';
import { SecretsModule } from '../secrets/secrets.module.js';
import { HealthController } from './health.controller.js';

@Module({ imports: [SecretsModule], controllers: [HealthController] })
export class HealthModule {}
