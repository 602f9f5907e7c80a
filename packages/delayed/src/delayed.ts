import { moduleFunction } from "@millrace/closure";
import type { LazyArguments, Settled } from "@millrace/graph";
import {
  Delayed,
  GraphError,
  checkKey,
  checkOptions,
  quoteValue,
  taskFault,
} from "@millrace/graph";

/** How a delayed function makes its calls. */
export interface DelayedOptions<N extends number = number> {
  /**
   * Key of the calls, for people to read. The same name for a different call is
   * `graph/key-conflict`. Default: the function's name and something that no other call has.
   */
  readonly name?: string;
  /**
   * True: equal calls, by the content of function and arguments, are one task; what cannot be
   * captured counts by identity. Default false: each runs.
   */
  readonly pure?: boolean;
  /** The function returns this many results; a call then gives a tuple of that many Delayed. */
  readonly nout?: N;
}

/** A function whose calls are lazy. */
export type DelayedFunction<A extends readonly unknown[], R> = (
  ...args: LazyArguments<A>
) => Delayed<Awaited<R>>;

/** One Delayed for each of the `N` results of a function that returns an array. */
export type DelayedTuple<R, N extends number = number> = unknown extends R
  ? Repeat<Delayed<unknown>, N>
  : R extends readonly unknown[]
    ? number extends R["length"]
      ? Repeat<Delayed<R[number]>, N>
      : { -readonly [I in keyof R]: Delayed<R[I]> }
    : never;

type Repeat<T, N extends number, Made extends T[] = []> = number extends N
  ? T[]
  : Made["length"] extends N
    ? Made
    : Repeat<T, N, [...Made, T]>;

/** Options of a function with one result. */
type Whole = DelayedOptions & { readonly nout?: undefined };

/** Options of a function with `N` results: of a tuple it must be as many as there are. */
type InParts<R, N extends number> = DelayedOptions<N> & {
  readonly nout: unknown extends R
    ? N
    : R extends readonly unknown[]
      ? number extends R["length"]
        ? N
        : R["length"]
      : never;
};

/** Options of which only the run will tell how many results they mean. */
type Either<N extends number> = DelayedOptions<N> & (number extends N ? unknown : never);

/** What `delayed` is: a function, and other ways to make one lazy value. */
interface DelayedApi {
  <A extends readonly unknown[], R>(fn: (...args: A) => R, options?: Whole): DelayedFunction<A, R>;
  <A extends readonly unknown[], R, N extends number>(
    fn: (...args: A) => R,
    options: Either<N>,
  ): (...args: LazyArguments<A>) => Delayed<Awaited<R>> | DelayedTuple<Awaited<R>>;
  <A extends readonly unknown[], R, N extends number>(
    fn: (...args: A) => R,
    options: InParts<Awaited<R>, N>,
  ): (...args: LazyArguments<A>) => DelayedTuple<Awaited<R>, N>;
  /**
   * A value that is there already, as a Delayed. What is lazy inside it is computed first, and a
   * promise is waited for.
   */
  value<T>(value: T, options?: { readonly name?: string }): Delayed<Settled<Awaited<T>>>;
  /** One Delayed of the array, or the object, of the values. */
  all<const T extends readonly unknown[] | Readonly<Record<string, unknown>>>(
    values: T,
  ): Delayed<{ -readonly [K in keyof T]: Settled<T[K]> }>;
  /**
   * A function of a module, lazily: it travels by reference, not by source, and is looked up when
   * it runs. The production way to ship code. `F` is what the export is believed to be.
   *
   * @param url - of the module, as `new URL("./heavy.js", import.meta.url)`
   */
  module<F extends AnyFunction = (...args: unknown[]) => unknown>(
    url: URL | string,
    exportName: string,
    options?: Whole,
  ): DelayedFunction<Parameters<F>, ReturnType<F>>;
  module<F extends AnyFunction = (...args: unknown[]) => unknown, N extends number = number>(
    url: URL | string,
    exportName: string,
    options: InParts<Awaited<ReturnType<F>>, N>,
  ): (...args: LazyArguments<Parameters<F>>) => DelayedTuple<Awaited<ReturnType<F>>, N>;
}

/**
 * Makes the calls of a function lazy: each gives a {@link Delayed} at once, and runs when it is
 * computed. Arguments may be Delayed or other collections, also inside arrays, plain objects,
 * Maps and Sets; they are computed first, each once. A promise that the function returns is
 * waited for. A Delayed is no promise.
 *
 * Cost: a few microseconds a call; with `pure`, the content of the arguments is read.
 *
 * @param options.name - key of the calls
 * @param options.pure - whether equal calls are one task; default false
 * @param options.nout - how many results the function returns; a call gives that many Delayed,
 * and a result of another length fails with `graph/nout`
 * @throws GraphError `graph/invalid-argument`
 * @example
 * ```ts
 * import { delayed } from "@millrace/delayed";
 *
 * const inc = delayed((x: number) => x + 1);
 * const add = delayed((a: number, b: number) => a + b);
 * await add(inc(1), inc(2)).compute(); // => 5
 *
 * const divide = (a: number, b: number): [number, number] => [Math.floor(a / b), a % b];
 * const [q, r] = delayed(divide, { nout: 2 })(7, 2);
 * await delayed.all({ q, r }).compute(); // => { q: 3, r: 1 }
 * ```
 */
export const delayed: DelayedApi = Object.assign(wrap as DelayedApi, {
  value: value as DelayedApi["value"],
  all: all as DelayedApi["all"],
  module: wrapModule as DelayedApi["module"],
});

type AnyFunction = (...args: never[]) => unknown;

function wrap(fn: AnyFunction, options: DelayedOptions = {}): (...args: unknown[]) => unknown {
  if (typeof fn !== "function")
    throw usage("the first argument must be a function", fn, "a function");
  const { name, pure, nout } = checked(options, ["name", "pure", "nout"]);
  return (...args) => {
    const call = Delayed.call(fn, args, { name, pure });
    return nout === undefined ? call : spread(call, nout, pure);
  };
}

function value(of: unknown, options: { readonly name?: string } = {}): Delayed<unknown> {
  checked(options, ["name"]);
  return Delayed.value(of, options);
}

function all(values: unknown): Delayed<unknown> {
  if (typeof values === "object" && values !== null) return Delayed.value(values);
  throw usage("all takes an array or an object", values, "an array or an object");
}

function wrapModule(url: URL | string, exportName: string, options?: DelayedOptions): unknown {
  return wrap(moduleFunction(url, exportName), options);
}

/** More results than anyone means to name: each is a task of its own. */
const noutMax = 100_000;

function checked(options: DelayedOptions, names: readonly string[]): DelayedOptions {
  checkOptions("delayed", options, names);
  const { name, pure, nout } = options;
  if (name !== undefined) checkKey("delayed", "bad name", name);
  if (pure !== undefined && typeof pure !== "boolean")
    throw usage("bad pure", pure, "true or false");
  if (nout !== undefined && !(Number.isInteger(nout) && nout >= 0 && nout <= noutMax)) {
    throw usage("bad nout", nout, `a whole number from 0 to ${noutMax}`);
  }
  return options;
}

function usage(what: string, got: unknown, wanted: string): GraphError {
  return new GraphError(
    "graph/invalid-argument",
    `delayed: ${what}, got ${quoteValue(got)}, wanted ${wanted}.`,
  );
}

/** One Delayed an entry of the result; its length is checked once, where the call has run. */
function spread(
  call: Delayed<unknown>,
  nout: number,
  pure: boolean | undefined,
): Delayed<unknown>[] {
  const checked = Delayed.call(checkLength, [call, nout], { pure });
  return Array.from({ length: nout }, (_, i) => Delayed.call(itemAt, [checked, i], { pure }));
}

function itemAt(values: readonly unknown[], index: number): unknown {
  return values[index];
}

function checkLength(result: unknown, nout: number): readonly unknown[] {
  const values = Array.isArray(result) ? (result as readonly unknown[]) : undefined;
  if (values?.length === nout) return values;
  const got = values === undefined ? `a ${typeof result}` : `an array of ${values.length}`;
  throw taskFault(
    new GraphError(
      "graph/nout",
      `delayed: the function does not return as many results as nout says, got ${got}, ` +
        `wanted an array of ${nout}. Correct nout, or what the function returns.`,
    ),
  );
}
