import { existsSync } from 'node:fs';

/** The variables of the environment. None of them is a secret; SECRET_ID says where one is. */
export interface Configuration {
  /** The name or the ARN of the secret with the database's login. */
  readonly SECRET_ID: string;
  /** How old a secret may get before it's read again: every read costs money. */
  readonly SECRET_TTL_SECONDS: number;
  /** How long a request waits for a login that works, while a rotation is under way. */
  readonly LOGIN_PATIENCE_SECONDS: number;
  /** How many connections to the database there may be. Twice as many for a moment, while old ones drain. */
  readonly DATABASE_CONNECTIONS: number;
  /** How old a connection may get. */
  readonly DATABASE_CONNECTION_SECONDS: number;
  /** A file with the authorities of the database's certificate, as PEM; without it those of Node.js, which don't know RDS. */
  readonly DATABASE_CA_FILE?: string;
  readonly PORT: number;
}

const DEFAULTS = {
  SECRET_TTL_SECONDS: 300,
  LOGIN_PATIENCE_SECONDS: 10,
  DATABASE_CONNECTIONS: 10,
  DATABASE_CONNECTION_SECONDS: 180,
  PORT: 3000,
};

/** For `ConfigModule`: the service doesn't start with a configuration that it would fail with later. */
export function validate(environment: Record<string, unknown>): Configuration {
  const { SECRET_ID, DATABASE_CA_FILE } = environment;
  if (typeof SECRET_ID !== 'string' || SECRET_ID === '') {
    throw new Error('SECRET_ID is not set: give the name or the ARN of the secret with the login of the database');
  }
  if (DATABASE_CA_FILE !== undefined && (typeof DATABASE_CA_FILE !== 'string' || !existsSync(DATABASE_CA_FILE))) {
    throw new Error('DATABASE_CA_FILE is no file: give one with certificates as PEM, or leave it out');
  }
  const numbers = Object.entries(DEFAULTS).map(([name, byDefault]) => [name, positiveNumber(name, environment[name] ?? byDefault)]);
  return { SECRET_ID, DATABASE_CA_FILE, ...Object.fromEntries(numbers) as typeof DEFAULTS };
}

function positiveNumber(name: string, value: unknown): number {
  const number = Number(value);
  if (value === '' || !Number.isFinite(number) || number <= 0) {
    throw new Error(`${name} is ${JSON.stringify(value)}: give a number above 0, or leave it out`);
  }
  return number;
}
