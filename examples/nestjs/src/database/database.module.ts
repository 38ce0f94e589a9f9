import { Module } from '@nestjs/common';
import { SecretsModule } from '../secrets/secrets.module.js';
import { DatabaseService } from './database.service.js';

@Module({ imports: [SecretsModule], providers: [DatabaseService], exports: [DatabaseService] })
export class DatabaseModule {}
