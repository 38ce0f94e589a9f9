import { ConsoleLogger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import type { Configuration } from './configuration.js';

const app = await NestFactory.create(AppModule, { logger: new ConsoleLogger({ json: true }) });
app.enableShutdownHooks();
await app.listen(app.get<ConfigService<Configuration, true>>(ConfigService).get('PORT', { infer: true }));
