import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { validate } from './configuration.js';
import { HealthModule } from './health/health.module.js';
import { OrdersModule } from './orders/orders.module.js';

@Module({
  // No .env file: passwords end up there.
  imports: [ConfigModule.forRoot({ isGlobal: true, cache: true, ignoreEnvFile: true, validate }), OrdersModule, HealthModule],
})
export class AppModule {}
