/** A promise that the test settles. */
export interface Gate<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** `Promise.withResolvers`, which Node 20 has not. */
export function gate<T = void>(): Gate<T> {
  let resolve: Gate<T>["resolve"] = () => undefined;
  let reject: Gate<T>["reject"] = () => undefined;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}
