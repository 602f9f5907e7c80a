import { CaptureError, quote } from "./errors.ts";
import type { AnyFunction } from "./inspector.ts";

/** Where a function can be imported from. */
export type DeclaredExport = { readonly url: string; readonly name: string };

const declared = new WeakMap<AnyFunction, DeclaredExport>();

/**
 * Says that the module at `url` exports these functions, so that each travels as the name of the
 * module and its own, in every mode: no inspector is needed, and their source is not looked at. In
 * an installed package that is the package's name, version and file; elsewhere it is the URL, which
 * has to lead to the same module where the function is revived.
 *
 * For the functions of a library that run in tasks, and for programs that capture nothing
 * (`mode: "off"`) and still want to call their functions here: `moduleFunction` gives another
 * function, which imports first.
 *
 * Cost: a map entry each; nothing is imported or checked before one is revived.
 *
 * @param url - `import.meta.url` of the module
 * @param functions - the functions by the names under which the module exports them
 * @throws CaptureError `closure/invalid-argument` for a URL that is none, or what is no function
 * @example
 * ```ts
 * import { capture, declareExports } from "@millrace/closure";
 *
 * function double(x: number): number {
 *   return 2 * x;
 * }
 * declareExports(import.meta.url, { double });
 * capture(double, { mode: "off" }).hash.length; // => 64
 * ```
 */
export function declareExports(
  url: string,
  functions: Readonly<Record<string, AnyFunction>>,
): void {
  if (typeof url !== "string" || !URL.canParse(url)) {
    throw new CaptureError(
      "closure/invalid-argument",
      `declareExports: the URL of the module must be absolute, got ${quote(url)}. Pass import.meta.url.`,
    );
  }
  for (const [name, fn] of Object.entries(functions)) {
    if (typeof fn !== "function") {
      throw new CaptureError(
        "closure/invalid-argument",
        `declareExports: ${quote(name)} must be a function or a class, got ${quote(fn)}. Leave it out.`,
      );
    }
    declared.set(fn, { url, name });
  }
}

/** Where a function was declared to be exported from. */
export function declaredExport(fn: AnyFunction): DeclaredExport | undefined {
  return declared.get(fn);
}
