/* What `npm run accept` refuses before it makes anything, on real servers. npm run accept:servers has the rest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../tools/run';
import { parseAddress, PASSWORD_VARIABLE } from '../address';
import { newPrefix } from '../kind';
import { kindOf, type TargetName } from '../kinds';
import { takeLock } from '../lock';
import { OWN_SERVERS, type Started } from '../own-servers';

const TSX = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');

/** What differs from a right command. */
interface Given {
  readonly as?: TargetName;
  readonly user?: string;
  readonly password?: string;
  readonly ca?: boolean;
}

/** A target that the server isn't of. */
const OTHERS: Partial<Record<TargetName, TargetName>> = { mysql: 'mariadb', mariadb: 'mysql', postgres: 'redshift', redshift: 'postgres' };
const WRONG_PASSWORD = /^No session: (28P01|28000|ER_ACCESS_DENIED_ERROR|18|WRONGPASS|49|401)\b/;
const UNTRUSTED = /^No session: .*(self-signed|unable to|certificate)/i;

/** One for each kind, of which some have several targets. */
const SERVERS = OWN_SERVERS.filter(({ isFurther, target }, i) => !isFurther && target !== 'documentdb' && OWN_SERVERS.findIndex((one) => one.target === target) === i);

describe.each(SERVERS)('$name', ({ target, start }) => {
  let server: Started;
  let folder: string;
  let caFile: string;
  let before: string[];
  beforeAll(async () => {
    server = await start();
    folder = mkdtempSync(join(tmpdir(), 'accept-'));
    caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, server.ca);
    before = (await server.contents()).sort();
  }, 60_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  async function accept(options: readonly string[], { as = target, user, password = server.password, ca = true }: Given = {}) {
    const url = user !== undefined ? server.url.replace(/\w+@/, `${user}@`) : as === target ? server.url : server.url.replace(/^\w+/, kindOf(as).schemes[0]);
    const child = spawn(process.execPath, [
      TSX, '--tsconfig', 'tsconfig.dev.json', 'test/acceptance/main.ts', as, url, ...ca ? [`--ca=${caFile}`] : [], ...server.options ?? [], ...options,
    ], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, [PASSWORD_VARIABLE]: password } });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output.stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { output.stderr += text; });
    const [status] = await once(child, 'close') as [number];
    expect(output.stdout + output.stderr).not.toContain(password);
    return { status, ...output };
  }

  async function refuses(message: RegExp, ...given: Parameters<typeof accept>) {
    expect(await accept(...given)).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(message) });
  }

  const makesNothing = async () => expect((await server.contents()).sort()).toEqual(before);

  test('without a terminal and without --yes, a wrong password, and a certificate of an unknown authority', async () => {
    await Promise.all([
      refuses(/There is no terminal to ask on\. Add --yes/, []),
      refuses(WRONG_PASSWORD, ['--yes'], { password: 'a-wrong-password' }),
      refuses(UNTRUSTED, ['--yes'], { ca: false }),
    ]);
    await makesNothing();
  }, 60_000);

  if (target === 'redis') {
    test('a user without the rights', async () => {
      const { username, password } = server.weakUser!;
      await refuses(/^The server refuses what this suite needs, with NOPERM\. docs\/acceptance\.md has the rights/, ['--yes'], { user: username, password });
      await makesNothing();
    }, 30_000);
  }

  const other = OTHERS[target];
  if (other) {
    test('the target of another product', async () => {
      await refuses(new RegExp(`^The target is ${other}, and the server is \\w+`), ['--yes'], { as: other });
      await makesNothing();
    }, 30_000);
  }

  test('a database with the name of one that people depend on, and sessions of other users, as far as the server has them', async () => {
    if (server.makeProduction) {
      await server.makeProduction();
      try {
        await refuses(/looks like one that people depend on: it has a database called orders_prod\. .*--production/, ['--yes']);
        // With the flag, the next refusal is another one.
        await refuses(/There is no terminal to ask on/, ['--production']);
      } finally {
        await server.removeProduction!();
      }
    }
    if (server.openSession) {
      const session = await server.openSession();
      await refuses(new RegExp(`other users have sessions: ${session.username}`), ['--yes']).finally(() => session.close());
    }
    const has = { isAsked: Boolean(server.makeProduction), showsSessions: Boolean(server.openSession) };
    expect(has).toEqual({ isAsked: !['redis', 'ldap'].includes(target), showsSessions: !['mongodb', 'documentdb', 'rabbitmq', 'ldap'].includes(target) });
  }, 30_000);

  test('a second run at the same time, and what the first one made stays', async () => {
    const { username, ...address } = parseAddress(target, server.url, caFile);
    const [, managementPort] = /--management-port=(\d+)/.exec(server.options?.join() ?? '') ?? [];
    const admin = { username, password: server.password };
    const owner = await kindOf(target).connect({ ...address, admin, managementPort: managementPort ? Number(managementPort) : undefined });
    await owner.product();
    const prefix = newPrefix();
    const lock = await takeLock(owner, prefix);
    try {
      await refuses(/Another run of this command uses the server/, ['--yes']);
      expect((await owner.names()).filter((name) => name.includes('crs_accept_') && !name.includes(prefix))).toEqual([]);
    } finally {
      await lock?.release();
      await owner.close();
    }
  }, 60_000);
});
