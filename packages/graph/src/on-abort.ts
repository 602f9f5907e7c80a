/** What is to be stopped by a signal, and the one listener that does it. */
interface Stops {
  readonly all: Set<() => void>;
  readonly listener: () => void;
}

// One listener a signal, however many runs it stops: Node warns of a leak from the eleventh on.
const stopsOf = new WeakMap<AbortSignal, Stops>();

/**
 * Calls `stop` when the signal is aborted; gives the function that calls this off. However many
 * runs share a signal, it has one listener.
 *
 * @example
 * ```ts
 * import { onAbort } from "@millrace/graph";
 *
 * const controller = new AbortController();
 * let stopped = 0;
 * const callOff = onAbort(controller.signal, () => stopped++);
 * onAbort(controller.signal, () => (stopped += 10));
 * callOff();
 * controller.abort();
 * stopped; // => 10
 * ```
 */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  const { all, listener } = stopsOf.get(signal) ?? listen(signal);
  all.add(stop);
  return () => {
    all.delete(stop);
    if (all.size > 0) return;
    stopsOf.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function listen(signal: AbortSignal): Stops {
  const all = new Set<() => void>();
  const made = { all, listener: () => all.forEach((stop) => stop()) };
  stopsOf.set(signal, made);
  signal.addEventListener("abort", made.listener);
  return made;
}
