import { Deadline } from '../../lambda-src/rotation/deadline';

const REREAD_DELAYS = [100, 200, 400, 800, 1600];

beforeEach(() => { jest.useFakeTimers(); });
afterEach(() => { jest.useRealTimers(); });

function after<T>(milliseconds: number, result: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, result));
}

describe('a step', () => {
  test('has all the time of the function except a second', async () => {
    const deadline = new Deadline(() => 30_000);
    const result = deadline.run('createSecret', () => after(28_999, 'done'));
    await jest.advanceTimersByTimeAsync(28_999);
    await expect(result).resolves.toBe('done');
    expect(deadline.signal.aborted).toBe(false);
  });

  test('is given up a second before the time-out, with its name and what to do, and its calls are aborted', async () => {
    const deadline = new Deadline(() => 30_000);
    const message = /^createSecret gave up.*Secrets Manager retries the rotation;.*raise the timeout of the RotationFunction$/;
    const result = expect(deadline.run('createSecret', () => after(29_001, 'too late')))
      .rejects.toMatchObject({ name: 'StepTimeoutError', message: expect.stringMatching(message) });
    expect(deadline.signal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(29_000);
    await result;
    expect(deadline.signal.aborted).toBe(true);
  });

  test('is given up at once if hardly any time is left', async () => {
    const deadline = new Deadline(() => 500);
    const setTimer = jest.spyOn(globalThis, 'setTimeout');
    const result = expect(deadline.run('createSecret', () => new Promise(() => {}))).rejects.toMatchObject({ name: 'StepTimeoutError' });
    expect(setTimer).toHaveBeenCalledWith(expect.any(Function), 0);
    await jest.advanceTimersByTimeAsync(0);
    await result;
  });

  test.each([
    ['succeeds', async () => 'done'],
    ['fails', async () => { throw new Error('failed'); }],
  ])('that %s leaves no timer behind, which would keep the function alive', async (_, step) => {
    await new Deadline(() => 30_000).run('createSecret', step).catch(() => undefined);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that fails fails with its own error', async () => {
    const error = new Error('failed');
    await expect(new Deadline(() => 30_000).run('createSecret', async () => { throw error; })).rejects.toBe(error);
  });
});

describe('a read that may lag', () => {
  /** Finds nothing the first `misses` times. */
  const finder = (misses: number) => {
    let looks = 0;
    return { look: async () => looks++ < misses ? undefined : 'found', looks: () => looks };
  };
  const recording = (remaining: () => number = () => 30_000) => {
    const sleeps: number[] = [];
    return { sleeps, deadline: new Deadline(remaining, async (milliseconds) => { sleeps.push(milliseconds); }) };
  };

  test.each([0, 1, 2, 3, 4, 5])('is repeated after %p misses, with growing delays', async (misses) => {
    const { deadline, sleeps } = recording();
    const { look, looks } = finder(misses);
    expect(await deadline.reread(look)).toBe('found');
    expect(sleeps).toEqual(REREAD_DELAYS.slice(0, misses));
    expect(looks()).toBe(misses + 1);
  });

  test('is given up after five repetitions', async () => {
    const { deadline, sleeps } = recording();
    const { look, looks } = finder(6);
    expect(await deadline.reread(look)).toBeUndefined();
    expect(sleeps).toEqual(REREAD_DELAYS);
    expect(looks()).toBe(6);
  });

  test.each([0, false, '', null])('ends when it returns %p', async (value) => {
    const { deadline, sleeps } = recording();
    expect(await deadline.reread<unknown>(async () => value)).toBe(value);
    expect(sleeps).toEqual([]);
  });

  test.each([[1_100, []], [1_101, [100]], [1_201, [100, 200]], [0, []]])(
    'is not repeated if the function\'s %p ms leave no time for it', async (remaining, expected) => {
      const { deadline, sleeps } = recording(() => remaining);
      expect(await deadline.reread(finder(6).look)).toBeUndefined();
      expect(sleeps).toEqual(expected);
    });

  test('checks the remaining time before every repetition', async () => {
    const left = [5_000, 5_000, 1_000];
    const { deadline, sleeps } = recording(() => left.shift()!);
    expect(await deadline.reread(finder(6).look)).toBeUndefined();
    expect(sleeps).toEqual([100, 200]);
  });

  test('waits on the clock by default', async () => {
    const { look, looks } = finder(1);
    const result = new Deadline(() => 30_000).reread(look);
    await jest.advanceTimersByTimeAsync(99);
    expect(looks()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(looks()).toBe(2);
    await expect(result).resolves.toBe('found');
  });
});
