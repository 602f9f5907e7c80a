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

/**
 * What a promise gives, unless the signal fires before: then `reason()` is thrown, and what the
 * promise gives later goes to `late`.
 */
export async function orAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  reason: (signal: AbortSignal) => Error,
  late: (value: T) => Promise<void>,
): Promise<T> {
  if (signal === undefined) return promise;
  let callOff = (): unknown => undefined;
  const fired = new Promise<never>((_resolve, reject) => {
    const fire = (): void => reject(reason(signal));
    // A signal that has fired calls nobody back.
    if (signal.aborted) fire();
    else callOff = onAbort(signal, fire);
  });
  try {
    return await Promise.race([promise, fired]);
  } catch (error) {
    // Nobody waits for it any more, so neither its value nor its error is news.
    if (signal.aborted) promise.then(late).catch(() => undefined);
    throw error;
  } finally {
    callOff();
  }
}
