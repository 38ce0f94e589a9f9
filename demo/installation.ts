import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DemoError } from './demo-error';
import type { Terminal } from '../tools/terminal';

const ROOT = join(__dirname, '..');
const HEARTBEAT_MS = 5_000;

/** Installs servers if they are missing, and says so while it takes its time. */
export async function installServers(terminal: Terminal, parts: readonly string[]): Promise<void> {
  if (parts.length === 0) { return; }
  // A group of its own, so that all that it starts can be ended too.
  const child = spawn('bash', [join('servers', 'install.sh'), ...parts], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => {
    try { process.kill(-child.pid!, 'SIGTERM'); } catch { /* It has ended already. */ }
  };
  process.once('exit', end);
  const start = Date.now();
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.trim() !== '') { terminal.paragraph(line); }
  });
  createInterface({ input: child.stderr }).on('line', (line) => { errors.push(line); });
  const heartbeat = setInterval(() => {
    terminal.paragraph(`${parts.join(', ')}: installing into .databases, ${Math.round((Date.now() - start) / 1000)} s so far`, { style: 'dim' });
  }, HEARTBEAT_MS);
  const [code] = await once(child, 'close').finally(() => { clearInterval(heartbeat); });
  process.removeListener('exit', end);
  if (code !== 0) { throw new DemoError(`The server ${parts.join(', ')} could not be installed. ${errors.slice(-20).join('\n')}`); }
}
