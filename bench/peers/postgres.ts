/*
 * The same for a user of PostgreSQL who changes its own password, with the driver that our asset has.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Client } from 'pg';
import { handler as rotate } from './generated';

const client = new SecretsManagerClient({});

export async function handler(event: Parameters<typeof rotate>[0]): Promise<void> {
  await rotate(event);
  if (event.Step === 'setSecret') {
    const [pending, current] = await Promise.all([read(event.SecretId, 'AWSPENDING'), read(event.SecretId, 'AWSCURRENT')]);
    if (!await logIn(pending)) { await logIn(current, `ALTER USER "${current.username}" PASSWORD '${pending.password.replaceAll('\'', '\'\'')}'`); }
  } else if (event.Step === 'testSecret' && !await logIn(await read(event.SecretId, 'AWSPENDING'))) {
    throw new Error('The pending password does not work');
  }
}

async function read(SecretId: string, VersionStage: string): Promise<Record<string, string>> {
  return JSON.parse((await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString!);
}

async function logIn({ host, port, username, password, dbname }: Record<string, string>, statement = 'SELECT 1'): Promise<boolean> {
  const database = new Client({ host, port: Number(port), user: username, password, database: dbname, ssl: true });
  try {
    await database.connect();
    await database.query(statement);
    return true;
  } catch {
    return false;
  } finally {
    await database.end();
  }
}
