import { AsyncLocalStorage } from 'node:async_hooks';
import { Socket } from 'node:net';
import { format } from 'node:util';
import type { Step } from './api';
import type { Boundary, Ending, Invocation } from './boundaries';
import { describeRequest } from './http';

/** Output to a log that masks nothing. */
export interface Line {
  readonly step: Step;
  readonly where: string;
  readonly text: string;
}

/** Where Lambda logs what a function throws. */
export const THROWN = 'the error that it threw';

export const STANDARD_OUTPUT = 'standard output';
export const STANDARD_ERROR = 'standard error';

/** The invocation of the running code. Code without one, such as a server in the same process, is not watched. */
const invocations = new AsyncLocalStorage<Invocation>();

/** Runs code of this process as an invocation, until it returns or dies. */
export async function runInProcess<T>(invocation: Invocation, code: () => T | Promise<T>): Promise<T> {
  try {
    const returned = await Promise.race([invocations.run(invocation, async () => code()), invocation.death]);
    invocation.end(true);
    return returned;
  } finally {
    invocation.end();
  }
}

interface Exchange {
  readonly invocation: Invocation;
  /** The request that has no answer yet. */
  waiting?: Boundary;
  ending?: Ending;
}

type Method = (this: Socket, ...given: unknown[]) => unknown;
type Methods = Record<'write' | 'end' | 'push', Method>;

/**
 * Makes a boundary of everything that an invocation sends through a socket, until an answer arrives.
 *
 * @returns a function that ends it
 */
export function watchSockets(): () => void {
  const prototype = Socket.prototype as unknown as Methods;
  const exchanges = new WeakMap<Socket, Exchange>();
  const patched = (name: keyof Methods, make: (original: Method) => Method) => {
    const [before, original] = [Object.getOwnPropertyDescriptor(prototype, name), prototype[name]];
    Object.defineProperty(prototype, name, { value: make(original), configurable: true, writable: true });
    return () => before ? Object.defineProperty(prototype, name, before) : Reflect.deleteProperty(prototype, name);
  };
  const restore = [
    patched('write', (original) => function (...given) {
      return leaves(exchanges, this, given[0]) && original.apply(this, given);
    }),
    patched('end', (original) => function (...given) {
      const isData = typeof given[0] === 'string' || given[0] instanceof Uint8Array;
      return isData && !leaves(exchanges, this, given[0]) ? this : original.apply(this, given);
    }),
    patched('push', (original) => function (...given) {
      return arrives(exchanges, this, given[0]) && original.apply(this, given);
    }),
  ];
  return () => {
    for (const undo of restore) { undo(); }
    // Otherwise every promise of the process would still be tracked.
    invocations.disable();
  };
}

/** Whether bytes may leave through a socket. */
function leaves(exchanges: WeakMap<Socket, Exchange>, socket: Socket, bytes: unknown): boolean {
  // Sockets of a server, and standard output.
  const { server, _isStdio } = socket as unknown as { server?: unknown; _isStdio?: boolean };
  if (server || _isStdio) { return true; }
  let exchange = exchanges.get(socket);
  const invocation = invocations.getStore() ?? exchange?.invocation;
  if (!invocation) { return true; }
  const what = describe(socket, bytes);
  // An unknown protocol may end without a reply.
  const isRequest = /^[A-Z]+ /.test(what);
  if (invocation.isOver && !invocation.isDead) {
    // Another request may have taken over its connection.
    if (isRequest && invocations.getStore()) { invocation.abandon(what); }
    return true;
  }
  if (invocation.isDead) {
    socket.destroy();
    return false;
  }
  if (exchange?.invocation !== invocation) {
    if (!exchange) { socket.once('close', () => settle(exchanges.get(socket))); }
    exchange = { invocation };
    exchanges.set(socket, exchange);
    invocation.whenDead(() => socket.destroy());
  }
  if (exchange.waiting !== undefined) { return true; }
  exchange.waiting = { step: invocation.step, what, own: false, isUnanswered: true };
  if (isRequest) { invocation.open.add(what); }
  exchange.ending = invocation.reach(what, exchange.waiting);
  if (exchange.ending === 'diedBefore') { invocation.die(); }
  if (exchange.ending === 'cutBefore') { socket.destroy(connectionReset('write')); }
  return !socket.destroyed;
}

/** Marks the request as finished. */
function settle(exchange?: Exchange): void {
  if (exchange?.waiting) { exchange.invocation.open.delete(exchange.waiting.what); }
}

/** Whether an answer may be seen. */
function arrives(exchanges: WeakMap<Socket, Exchange>, socket: Socket, bytes: unknown): boolean {
  const exchange = exchanges.get(socket);
  if (exchange?.waiting === undefined) { return true; }
  settle(exchange);
  exchange.waiting.isUnanswered = bytes === null;
  exchange.waiting = undefined;
  if (exchange.ending === 'diedAfter') { exchange.invocation.die(); }
  if (exchange.ending === 'cutAfter') { socket.destroy(connectionReset('read')); }
  return !socket.destroyed;
}

function connectionReset(syscall: string): Error {
  return Object.assign(new Error(`${syscall} ECONNRESET`), { code: 'ECONNRESET', errno: -104, syscall });
}

function describe(socket: Socket, bytes: unknown): string {
  const text = typeof bytes === 'string' ? bytes : bytes instanceof Uint8Array ? Buffer.from(bytes).toString('latin1') : '';
  const [, method, path] = /^([A-Z]+) (\S+) HTTP\/1\.\d\r\n/.exec(text) ?? [];
  if (method === undefined) { return `${text.length} bytes to ${socket.remoteAddress ?? 'a server'}${socket.remotePort ? `, port ${socket.remotePort}` : ''}`; }
  return describeRequest(method, path, /\r\nx-amz-target: *(\S+)/i.exec(text)?.[1]);
}

/**
 * Intercepts what an invocation writes to the console, or to standard output or error.
 *
 * @returns a function that ends it
 */
export function watchOutput(say: (line: Line) => boolean): () => void {
  const restore: (() => void)[] = [];
  const methods = console as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const name of ['debug', 'dir', 'dirxml', 'error', 'info', 'log', 'table', 'trace', 'warn']) {
    const original = methods[name];
    methods[name] = (...given) => {
      const invocation = invocations.getStore();
      const isShown = !invocation || say({ step: invocation.step, where: `console.${name}`, text: format(...given) });
      return isShown ? invocations.exit(() => original.apply(console, given)) : undefined;
    };
    restore.push(() => { methods[name] = original; });
  }
  for (const [where, stream] of [[STANDARD_OUTPUT, process.stdout], [STANDARD_ERROR, process.stderr]] as const) {
    const before = Object.getOwnPropertyDescriptor(stream, 'write');
    const original = stream.write as (...given: unknown[]) => boolean;
    const write = (...given: unknown[]) => {
      const invocation = invocations.getStore();
      const text = typeof given[0] === 'string' ? given[0] : Buffer.from(given[0] as Uint8Array).toString();
      if (!invocation || say({ step: invocation.step, where, text })) { return original.apply(stream, given); }
      const callback = given.find((argument) => typeof argument === 'function') as (() => void) | undefined;
      if (callback) { process.nextTick(callback); }
      return true;
    };
    Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true });
    restore.push(() => before ? Object.defineProperty(stream, 'write', before) : Reflect.deleteProperty(stream, 'write'));
  }
  return () => { for (const undo of restore) { undo(); } };
}
