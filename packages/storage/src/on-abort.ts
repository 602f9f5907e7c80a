// One listener a signal, however many wait for it: Node warns of a leak from the eleventh on.
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Call back once when the signal fires; gives the function that calls it off. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const known = waiting.get(signal);
  const callbacks = known ?? new Set();
  callbacks.add(callback);
  if (known === undefined) {
    waiting.set(signal, callbacks);
    signal.addEventListener("abort", () => callbacks.forEach((each) => each()), { once: true });
  }
  return () => callbacks.delete(callback);
}
