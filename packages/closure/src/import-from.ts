import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { findPackage, packageName } from "./packages.ts";

type Importer = (specifier: string, options?: ImportCallOptions) => Promise<object>;

const importers = new Map<string, Importer>();
const importersMax = 256;

/** Import as the module `base` would (the path of a file, which need not exist). */
export async function importFrom(
  base: string | undefined,
  specifier: string,
  options?: ImportCallOptions,
): Promise<object> {
  const from = base ?? join(process.cwd(), "import.mjs");
  const target = String(specifier);
  if (/^\.{1,2}\//.test(target)) {
    const url = new URL(target, pathToFileURL(from)).href;
    return (await import(url, options)) as object;
  }
  if (isAbsolute(target)) {
    const file = existingFile(target, dirname(from)) ?? target;
    return (await import(pathToFileURL(file).href, options)) as object;
  }
  const name = target.includes(":") ? undefined : packageName(target);
  if (name === undefined || isSamePackage(name, from)) {
    return (await import(target, options)) as object;
  }
  return importerFor(from)(target, options);
}

/** An absolute path, also in the form that Vite writes, which counts from its own root. */
export function existingFile(path: string, directory: string): string | undefined {
  const plain = path.replace(/^\/@fs\//, "/");
  if (existsSync(plain)) return plain;
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, plain))) return join(at, plain);
    if (dirname(at) === at) return undefined;
  }
}

function isSamePackage(name: string, from: string): boolean {
  const theirs = findPackage(name, dirname(from))?.directory;
  return theirs === findPackage(name, import.meta.dirname)?.directory;
}

/**
 * Where this package and `from` see different packages, a script compiled under that name is the
 * one way on Node 20 to resolve from there with the `import` conditions; Node warns once that
 * the way is experimental.
 */
function importerFor(from: string): Importer {
  const known = importers.get(from);
  if (known !== undefined) return known;
  const script = new Script("(specifier, options) => import(specifier, options)", {
    filename: from,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const importer = script.runInThisContext() as Importer;
  if (importers.size >= importersMax) importers.clear();
  importers.set(from, importer);
  return importer;
}
