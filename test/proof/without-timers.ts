/** Disables timers until the returned function is called. A killed copy of the handler never ends, and neither would its deadline. */
export function withoutTimers(): () => void {
  const realSetTimeout = globalThis.setTimeout;
  globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  return () => { globalThis.setTimeout = realSetTimeout; };
}
