/* The marks that keep a second run out, if the server has no lock that ends with its session. */
import { takeLock } from './lock';

/** A server that only has names. */
class Names {
  public readonly all = new Set<string>();
  public readonly owner = {
    lock: { mark: async (name: string) => { this.all.add(name); }, unmark: async (name: string) => { this.all.delete(name); } },
    names: async () => [...this.all],
  };
}

/** A pause that lets the others run, and takes no time. */
const pause = () => new Promise((resolve) => { setImmediate(resolve); });
const [ONE, TWO] = ['crs_accept_00000001_', 'crs_accept_00000002_'];

test('the lock of the server, if it has one', async () => {
  expect(await takeLock({ lock: { take: async () => false }, names: async () => [] }, ONE)).toBeUndefined();
  expect(await takeLock({ lock: { take: async () => true }, names: async () => [] }, ONE)).toBeDefined();
});

test('a mark is renewed, and gone after the end', async () => {
  const { all, owner } = new Names();
  const lock = await takeLock(owner, ONE, pause);
  const seen = new Set<string>();
  for (let turn = 0; turn < 200; turn++) {
    await pause();
    all.forEach((name) => seen.add(name));
  }
  expect(seen.size).toBeGreaterThan(2);
  await lock!.release();
  expect([...all]).toEqual([]);
});

test('a second run is refused as long as the first one lives, and leaves nothing', async () => {
  const { all, owner } = new Names();
  const first = await takeLock(owner, ONE, pause);
  const long = async (milliseconds: number) => { for (let waited = 0; waited < milliseconds; waited += 50) { await pause(); } };
  expect(await takeLock(owner, TWO, long)).toBeUndefined();
  expect([...all].every((name) => name.startsWith(ONE))).toBe(true);
  await first!.release();
});

test('the mark of a run that was killed, and other names of a run, keep nobody out', async () => {
  const { all, owner } = new Names();
  all.add(`${ONE}alive_7`);
  all.add(`${ONE}app`);
  const lock = await takeLock(owner, TWO, pause);
  expect(lock).toBeDefined();
  await lock!.release();
  expect([...all]).toEqual([`${ONE}alive_7`, `${ONE}app`]);
});
