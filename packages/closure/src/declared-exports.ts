import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { CaptureError, quote } from "./errors.ts";
import type { AnyFunction } from "./inspector.ts";
import type { WireNode } from "./nodes.ts";
import { forget } from "./memo.ts";
import { fileReference, isInstalled, packageOf, realFile, type Reference } from "./packages.ts";

type Declared = {
  readonly url: string;
  readonly name: string;
  readonly package: string | undefined;
  /** Worked out once, when it is first asked for. */
  reference?: Reference | undefined;
};

const declared = new WeakMap<AnyFunction, Declared>();

/**
 * Says that the module at `url` exports these functions, so that each travels as the name of the
 * module and its own, in every mode: no inspector is needed, and their source is not looked at. In
 * an installed package that is the package's name, version and file; elsewhere it is the URL, which
 * has to lead to the same module where the function is revived: its top level runs once in each
 * thread. What the main module declares travels like any other function, since to import that one
 * is to run the program again.
 *
 * For the functions of a library that run in tasks, and for programs that capture nothing
 * (`mode: "off"`) and still want to call their functions here: `moduleFunction` gives another
 * function, which imports first.
 *
 * Cost: a map entry each; nothing is imported or checked before one is revived.
 *
 * @param url - `import.meta.url` of the module
 * @param functions - the functions by the names under which the module exports them
 * @param options.package - the package that the module is published in. A bundler may have written
 *   the module into another, which exports none of them: they travel like any others then
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
  options: { readonly package?: string } = {},
): void {
  if (!isModuleUrl(url)) {
    throw new CaptureError(
      "closure/invalid-argument",
      `declareExports: the URL of the module must be a file: or data: URL, got ${quote(url)}. ` +
        "Pass import.meta.url.",
    );
  }
  if (typeof functions !== "object" || functions === null) {
    throw new CaptureError(
      "closure/invalid-argument",
      `declareExports: the functions must be an object, got ${quote(functions)}. ` +
        "Pass them by name: { read, write }.",
    );
  }
  for (const [name, fn] of Object.entries(functions)) {
    if (typeof fn !== "function" || name === "") {
      throw new CaptureError(
        "closure/invalid-argument",
        `declareExports: ${quote(name)} must be the name of a function or a class, got ${quote(fn)}. ` +
          "Leave it out.",
      );
    }
    declared.set(fn, { url, name, package: options.package });
    forget(fn);
  }
}

function isModuleUrl(url: unknown): url is string {
  if (typeof url !== "string") return false;
  if (url.startsWith("data:")) return true;
  try {
    return fileURLToPath(url) !== "";
  } catch {
    // No URL at all, or one that no file can have.
    return false;
  }
}

/** The reference for a function that was declared to be an export of the module it stands in. */
export function declaredReference(fn: AnyFunction): Reference | undefined {
  const found = declared.get(fn);
  if (found === undefined) return undefined;
  if (!("reference" in found)) found.reference = referenceOf(found);
  return found.reference;
}

function referenceOf({ url, name, package: wanted }: Declared): Reference | undefined {
  const file = url.startsWith("file:") ? fileURLToPath(url) : undefined;
  const owner = file === undefined ? undefined : packageOf(realFile(file));
  if (file !== undefined && owner !== undefined && isInstalled(owner, file)) {
    if (wanted !== undefined && owner.name !== wanted) return undefined;
    return fileReference(owner, file, "import", [name], dirname(file));
  }
  if (file !== undefined && isMain(file)) return undefined;
  const node: WireNode = { kind: "module", url, name };
  return wanted === undefined ? { node, from: undefined } : undefined;
}

function isMain(file: string): boolean {
  const [, main] = process.argv;
  return main !== undefined && realFile(main) === realFile(file);
}
