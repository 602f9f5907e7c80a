import { CaptureError, quote } from "./errors.ts";
import type { AnyFunction } from "./inspector.ts";

const environments = new WeakMap<AnyFunction, { readonly env: object; readonly fn: AnyFunction }>();

/**
 * A function whose environment is its first argument: the same as `fn` called with `env` in front.
 *
 * It travels without an inspector (under Bun, Deno or Node's permission model, and with
 * `mode: "explicit"`), and survives minifiers, since nothing is looked up by the name of a
 * variable. `env` is read when the function is captured, not here; called in this process the
 * function sees the very object. Functions inside `env` follow the same rules as `fn`.
 *
 * @param env - an object with everything that `fn` needs from outside
 * @param fn - called with `env` and then the arguments; it should read nothing else from outside
 * @returns a function of the remaining arguments
 * @throws CaptureError `closure/invalid-argument` when `env` is no object or `fn` no function
 * @example
 * ```ts
 * import { capture, revive, withEnv } from "@millrace/closure";
 *
 * const scale = withEnv({ factor: 3 }, ({ factor }, x: number) => x * factor);
 * scale(2); // => 6
 * const packed = capture(scale, { mode: "explicit" });
 * const again = await revive<typeof scale>(packed);
 * again(2); // => 6
 * ```
 */
export function withEnv<E extends object, A extends unknown[], R>(
  env: E,
  fn: (env: E, ...args: A) => R,
): (...args: A) => R {
  if (typeof env !== "object" || env === null) {
    throw new CaptureError(
      "closure/invalid-argument",
      `withEnv: the environment must be an object, got ${quote(env)}. ` +
        "Pass the variables by name: withEnv({ k }, ({ k }, x) => ...).",
    );
  }
  if (typeof fn !== "function") {
    throw new CaptureError(
      "closure/invalid-argument",
      `withEnv: the second argument must be a function, got ${quote(fn)}. ` +
        "Pass a function whose first parameter is the environment.",
    );
  }
  const bound = (...args: A): R => fn(env, ...args);
  Object.defineProperty(bound, "name", { value: fn.name, configurable: true });
  environments.set(bound, { env, fn });
  return bound;
}

/** The parts of a `withEnv` function; undefined for any other. */
export function environmentOf(fn: AnyFunction): { env: object; fn: AnyFunction } | undefined {
  return environments.get(fn);
}
