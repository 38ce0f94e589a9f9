import type { Server } from 'node:http';
import { ConsoleLogger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import type { Configuration } from './configuration.js';

const app = await NestFactory.create(AppModule, { logger: new ConsoleLogger({ json: true }) });
app.enableShutdownHooks();
// Longer than a load balancer keeps an idle connection (60 s by default): whoever closes first cuts off a request that is just being sent.
const server = app.getHttpServer() as Server;
server.keepAliveTimeout = 75_000;
await app.listen(app.get<ConfigService<Configuration, true>>(ConfigService).get('PORT', { infer: true }));
