import { CaptureError, quote } from "./errors.ts";
import { declaredReference } from "./declared-exports.ts";
import { withInspector, type AnyFunction } from "./inspector.ts";
import { memos, type Captured, type CaptureMode } from "./memo.ts";
import { moduleReferenceOf } from "./module-function.ts";
import { mutableValues } from "./mutable-captures.ts";
import { checkCodecCycles } from "./cycles.ts";
import { seal } from "./envelope.ts";
import { Walk } from "./walk.ts";
import type { Packed } from "./wire.ts";

/** Above this a process warning names the heaviest capture. */
export const bytesWarnedAbove = 1_000_000;

/**
 * A function as bytes, with everything that it captures; the function itself stays as it is.
 *
 * The snapshot is taken here, once: captured variables are read as they are at the first capture
 * of this very function, and a later capture in the same mode returns the same object again. What
 * changes afterwards, in variables or inside captured objects, is not seen by the copy, and what
 * the copy changes is not seen here.
 *
 * User code travels by value, functions and classes of installed packages, Node's modules and
 * standard globals by reference. Equal text and equal captured values give equal bytes up to the
 * position, and an equal hash, in every process.
 *
 * Cost: fractions of a millisecond for each function, more for the first function of each script
 * (its source is fetched and parsed). Warns with code `MILLRACE_LARGE_CAPTURE` above 1,000,000
 * bytes.
 *
 * @param fn - any function or class
 * @param options.mode - "auto" (default) reads captured variables through the inspector, and
 *   behaves as "explicit" where there is none; "explicit" takes functions without captured
 *   variables, `withEnv`, `moduleFunction` and `declareExports`; "off" takes only the last two
 * @throws CaptureError with the trail to what cannot travel; the README lists the codes
 * @example
 * ```ts
 * import { capture, revive } from "@millrace/closure";
 *
 * const rate = 1.25;
 * const gross = (net: number): number => net * rate;
 * const packed = capture(gross);
 * packed.hash.length; // => 64
 * const again = await revive<typeof gross>(packed.bytes);
 * again(4); // => 5
 * ```
 */
export function capture(fn: AnyFunction, options: { readonly mode?: CaptureMode } = {}): Captured {
  const mode = options.mode ?? "auto";
  checkArguments(fn, mode);
  const known = memos[mode].get(fn);
  if (known !== undefined) return known;
  const { captured, walk } = take(fn, mode);
  mutables.set(captured, mutableValues(walk));
  if (captured.bytes.byteLength > bytesWarnedAbove) warn(captured, walk);
  memos[mode].set(fn, captured);
  return captured;
}

const mutables = new WeakMap<Captured, readonly object[]>();

/**
 * The objects that a function captures and that may change after its capture, so that two
 * functions of equal content which share them stay equal, and others may not. The function itself
 * is among them where it reads a variable that is assigned again. What was frozen, and what travels
 * by reference, is not. A function that was revived has none: its objects are its own.
 *
 * Cost: as {@link capture}, which it calls.
 *
 * @throws CaptureError as {@link capture}
 * @example
 * ```ts
 * import { mutableCaptures } from "@millrace/closure";
 *
 * const limits = { most: 3 };
 * const few = (list: number[]): boolean => list.length <= limits.most;
 * mutableCaptures(few); // => [{ most: 3 }]
 * const most = 3;
 * mutableCaptures((list: number[]) => list.length <= most); // => []
 * ```
 */
export function mutableCaptures(fn: AnyFunction): readonly object[] {
  return mutables.get(capture(fn)) ?? [];
}

/** Capture without the memo, and keep the walk for whoever explains it. */
export function take(fn: AnyFunction, mode: CaptureMode): { captured: Captured; walk: Walk } {
  if (mode === "off" && (moduleReferenceOf(fn) ?? declaredReference(fn)) === undefined) {
    const name = fn.name || "(anonymous)";
    throw new CaptureError(
      "closure/mode-off",
      `capture: cannot ship ${name}: mode "off" takes only moduleFunction(url, name) and declareExports; ` +
        `export ${name} from a module and pass moduleFunction(new URL("./file.ts", import.meta.url), "${name}")`,
      [name],
    );
  }
  const walkMode = mode === "auto" ? "auto" : "explicit";
  const run = (walk: Walk): Walk => {
    walk.run(fn);
    return walk;
  };
  const walk =
    walkMode === "auto"
      ? withInspector((inspector) => run(new Walk(walkMode, inspector)))
      : run(new Walk(walkMode, undefined));
  checkCodecCycles(walk);
  const content = { nodes: walk.nodes } as unknown as Packed;
  const hints = [...walk.hints] as unknown as Packed;
  return { captured: Object.freeze(seal({ content, hints })), walk };
}

function checkArguments(fn: unknown, mode: unknown): void {
  if (typeof fn !== "function") {
    throw new CaptureError(
      "closure/invalid-argument",
      `capture: the first argument must be a function, got ${quote(fn)}. Pass a function or a class.`,
    );
  }
  if (typeof (fn as { then?: unknown }).then === "function") {
    throw new CaptureError(
      "closure/invalid-argument",
      `capture: the function must not have a method 'then', got ${quote(fn)}. ` +
        "A Promise could not hand it over: wrap it, (...args) => f(...args).",
    );
  }
  if (mode !== "auto" && mode !== "explicit" && mode !== "off") {
    throw new CaptureError(
      "closure/invalid-argument",
      `capture: unknown mode, got ${quote(mode)}, wanted "auto", "explicit" or "off". Leave it out for "auto".`,
    );
  }
}

function warn({ bytes }: Captured, walk: Walk): void {
  const { trail } = walk.heaviest();
  process.emitWarning(
    `capture: ${trail[0]} travels as ${bytes.byteLength} bytes, most of them in ${trail.join(" -> ")}. ` +
      "Every worker gets a copy: read the data inside the function, or pass it as an input of the task.",
    { code: "MILLRACE_LARGE_CAPTURE" },
  );
}
