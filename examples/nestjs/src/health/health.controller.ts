import { Controller, Get } from '@nestjs/common';
import { SecretsService, type SecretStatus } from '../secrets/secrets.service.js';

export interface Health {
  readonly status: 'ok';
  /** Null before the first request that needed the database. */
  readonly secret: SecretStatus | null;
}

/** Says which version of the secret is in use, and never what is in it. Reads nothing: whoever asks every second would pay for it. */
@Controller('health')
export class HealthController {
  constructor(private readonly secrets: SecretsService) {}

  @Get()
  health(): Health {
    return { status: 'ok', secret: this.secrets.status() };
  }
}
