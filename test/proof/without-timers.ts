/** Until the function that it returns is called: a killed copy of the handler never ends, and neither would its deadline. */
export function withoutTimers(): () => void {
  const realSetTimeout = globalThis.setTimeout;
  globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  return () => { globalThis.setTimeout = realSetTimeout; };
}
