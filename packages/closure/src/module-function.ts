import { CaptureError, quote } from "./errors.ts";
import { importFrom } from "./import-from.ts";
import type { AnyFunction } from "./inspector.ts";

/** What a function becomes when its module has to be imported first. */
export type Imported<F extends (...args: never[]) => unknown> = (
  ...args: Parameters<F>
) => Promise<Awaited<ReturnType<F>>>;

const references = new WeakMap<AnyFunction, { readonly url: string; readonly name: string }>();

/**
 * A function that travels as the name of a module and of its export: no source and no captured
 * variable is sent, and no inspector is needed. This is the form for production.
 *
 * Nothing is imported here. Called in this process it imports the module and returns a Promise of
 * the result, always; what `revive` gives is the real export, synchronous when the export is. The
 * module must be loadable where it is revived, at the same URL: a `.ts` file only where the
 * process there can load one. The module's top level runs once in each thread.
 *
 * @param url - an absolute URL (`new URL("./heavy.ts", import.meta.url)`), or the specifier of a
 *   package, which is looked up from the working directory of the process that imports it
 * @param name - the export; "default" for the default one
 * @throws CaptureError `closure/invalid-argument` for a relative path or an empty name; calling it
 *   rejects with `closure/missing-export` when there is no such function in the module
 * @example
 * ```ts
 * import { capture, moduleFunction, revive } from "@millrace/closure";
 *
 * const join = moduleFunction<(...parts: string[]) => string>("node:path", "join");
 * await join("a", "b"); // => "a/b"
 * const real = await revive<(...parts: string[]) => string>(capture(join, { mode: "off" }));
 * real("a", "b"); // => "a/b"
 * ```
 */
export function moduleFunction<
  F extends (...args: never[]) => unknown = (...args: unknown[]) => unknown,
>(url: URL | string, name: string): Imported<F> {
  const target = String(url);
  if (typeof name !== "string" || name === "") {
    throw new CaptureError(
      "closure/invalid-argument",
      `moduleFunction: the name of the export must be a non-empty string, got ${quote(name)}. ` +
        'Pass the name that the module exports, or "default".',
    );
  }
  if (/^(\.{0,2}\/|\.{1,2}$|\\|$)/.test(target)) {
    throw new CaptureError(
      "closure/invalid-argument",
      `moduleFunction: the module must be an absolute URL or a package, got ${quote(target)}. ` +
        `Pass new URL(${quote(target)}, import.meta.url).`,
    );
  }
  const call = async (...args: Parameters<F>): Promise<Awaited<ReturnType<F>>> => {
    const exported = (await importExport(target, name)) as F;
    return (await exported(...args)) as Awaited<ReturnType<F>>;
  };
  Object.defineProperty(call, "name", { value: name, configurable: true });
  references.set(call, { url: target, name });
  return call;
}

/** A property of errors that tells Millrace's own from those of the program that a task runs. */
const faultMark = Symbol.for("millrace.fault");

async function importExport(url: string, name: string): Promise<AnyFunction> {
  try {
    return exportOf("moduleFunction", await importModule(url), url, name);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    throw Object.defineProperty(error, faultMark, { value: true, configurable: true });
  }
}

/** What a `moduleFunction` stands for; undefined for any other function. */
export function moduleReferenceOf(fn: AnyFunction): { url: string; name: string } | undefined {
  return references.get(fn);
}

/** Import a module by an absolute URL, or a package as the working directory finds it. */
export async function importModule(url: string): Promise<object> {
  return url.includes(":") ? ((await import(url)) as object) : importFrom(undefined, url);
}

/** The function that a module exports under a name. */
export function exportOf(api: string, namespace: object, url: string, name: string): AnyFunction {
  const exported = (namespace as Record<string, unknown>)[name];
  if (typeof exported === "function") return exported as AnyFunction;
  const functions = Object.entries(namespace).flatMap(([key, value]) =>
    typeof value === "function" ? [key] : [],
  );
  throw new CaptureError(
    "closure/missing-export",
    `${api}: ${quote(url)} has no exported function ${quote(name)}, got ${quote(exported)}, ` +
      `wanted one of ${quote(functions.join(", "))}. Export it, or name another.`,
  );
}
