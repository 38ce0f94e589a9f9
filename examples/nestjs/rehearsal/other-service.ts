/* `src/main.ts` with another design of `SecretsService`. */
import type { Server } from 'node:http';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ConsoleLogger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '#src/app.module.js';
import { SecretVersionsProvider } from '#src/secrets/secret-versions.provider.js';
import { SecretsService } from '#src/secrets/secrets.service.js';
import { CacheAlone, NoCache, type Design } from './designs.js';

const testing = await Test.createTestingModule({ imports: [AppModule] })
  .overrideProvider(SecretsService)
  .useFactory({
    factory: (provider: SecretVersionsProvider, client: SecretsManagerClient) => process.argv[2] as Design === 'no cache'
      ? new NoCache(client, process.env.SECRET_ID!)
      : new CacheAlone(provider, process.env.SECRET_ID!),
    inject: [SecretVersionsProvider, SecretsManagerClient],
  })
  .compile();
const app = testing.createNestApplication({ logger: new ConsoleLogger({ json: true }) });
app.enableShutdownHooks();
// As in `src/main.ts`: a connection that the service closes first cuts off a request.
(app.getHttpServer() as Server).keepAliveTimeout = 75_000;
await app.listen(Number(process.env.PORT));
