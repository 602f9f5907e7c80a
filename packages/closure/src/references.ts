import { isBuiltin, createRequire } from "node:module";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { existingFile } from "./import-from.ts";
import type { PackageWire } from "./nodes.ts";
import type { Origin } from "./origin.ts";
import { exportedNames, viteExportedNames } from "./origin.ts";
import {
  fileReference,
  findPackage,
  isInstalled,
  packageName,
  packageOf,
  realFile,
  type Package,
  type Reference,
} from "./packages.ts";
import { fileOf, type Script } from "./script.ts";
import type { Examined } from "./walk.ts";

/** The reference for an import of a built-in module or of a package; undefined for user code. */
export function referenceOf(origin: Origin, script: Script): Reference | undefined {
  const path = origin.imported === "*" ? [] : [origin.imported];
  const specifier = origin.specifier.replace(/[?].*$/, "");
  if (isBuiltin(specifier)) {
    const module = specifier.replace(/^node:/, "");
    return {
      node: { kind: "builtin", module, namespace: origin.via !== "require", path },
      from: undefined,
    };
  }
  // Data needs import attributes, and is as well off by value.
  if (/\.(json|wasm|node)$/.test(specifier)) return undefined;
  const file = fileOf(script);
  const directory = file === undefined ? process.cwd() : dirname(realFile(file));
  const name = packageName(specifier);
  if (name !== undefined && !specifier.startsWith("file:")) {
    const found = findPackage(name, directory);
    if (found === undefined) return undefined;
    const { version } = found;
    const node: PackageWire = { kind: "package", name, version, specifier, via: origin.via, path };
    return { node, from: directory };
  }
  const target = fileOfSpecifier(specifier, directory);
  const owner = target === undefined ? undefined : packageOf(realFile(target));
  if (target === undefined || owner === undefined || !isInstalled(owner, target)) return undefined;
  return fileReference(owner, target, origin.via, path, directory);
}

/**
 * Whether a variable that was declared by `require` holds what that module exports: a test may
 * have given the program another `require`, or have replaced the module in its cache.
 */
export function isThatModule(origin: Origin, value: unknown, script: Script): boolean {
  if (origin.via !== "require" && origin.via !== "interop") return true;
  const loaded = requiredModule(origin.specifier, fileOf(script));
  if (loaded === undefined) return true;
  const { exports } = loaded;
  if (origin.via === "interop") {
    const composite = (typeof value === "object" && value !== null) || typeof value === "function";
    const esModule = (exports as { __esModule?: unknown } | null)?.__esModule === true;
    return composite && (esModule || (value as { default?: unknown }).default === exports);
  }
  if (origin.imported === "*") return value === exports;
  return value === (exports as Record<string, unknown> | null)?.[origin.imported];
}

/** What `require` gives here without loading anything; undefined where that cannot be told. */
function requiredModule(
  specifier: string,
  file: string | undefined,
): { readonly exports: unknown } | undefined {
  if (isBuiltin(specifier)) return { exports: process.getBuiltinModule(specifier) };
  if (file === undefined) return undefined;
  const require = createRequire(file);
  try {
    return require.cache[require.resolve(specifier)];
  } catch {
    // Not resolvable from there: a loader of its own may have found it.
    return undefined;
  }
}

/** The reference for a function that an installed package exports from the file it stands in. */
export function exportReference(fn: object, examined: Examined): Reference | undefined {
  const { script } = examined;
  const file = script === undefined ? undefined : fileOf(script);
  if (script === undefined || file === undefined) return undefined;
  const owner = ownerOf(script, file);
  if (owner === undefined) return undefined;
  const esPath = esExportPath(fn, examined, script);
  if (esPath) return fileReference(owner, file, "import", esPath, dirname(file));
  const required = createRequire(file).cache[file]?.exports as unknown;
  const cjsPath = required === undefined ? undefined : pathTo(fn, required, 2);
  return cjsPath && fileReference(owner, file, "require", cjsPath, dirname(file));
}

const owners = new WeakMap<Script, { readonly owner: Package | undefined }>();

/** The installed package that a script belongs to; asked for every function, so kept. */
function ownerOf(script: Script, file: string): Package | undefined {
  let known = owners.get(script);
  if (known === undefined) {
    const owner = packageOf(realFile(file));
    known = { owner: owner !== undefined && isInstalled(owner, file) ? owner : undefined };
    owners.set(script, known);
  }
  return known.owner;
}

/** A relative path, a file URL, or the root-relative form that Vite writes. */
function fileOfSpecifier(specifier: string, directory: string): string | undefined {
  if (specifier.startsWith("file://")) return fileURLToPath(specifier);
  if (specifier.startsWith(".")) return join(directory, specifier);
  return isAbsolute(specifier) ? existingFile(specifier, directory) : undefined;
}

function esExportPath(fn: object, examined: Examined, script: Script): string[] | undefined {
  const declared = exportedNames(script.program);
  const names = declared.size > 0 ? declared : viteExportedNames(script.program);
  const scopes = examined.inspected?.scopes ?? [];
  for (const [exported, local] of names) {
    const scope = scopes.findLast(
      ({ object, description }) => description !== "Global" && Object.hasOwn(object, local),
    );
    const path = scope && pathTo(fn, valueIn(scope.object, local), 1);
    if (path) return [exported, ...path];
  }
  return isAnonymousDefault(examined, script) ? ["default"] : undefined;
}

function isAnonymousDefault({ placed }: Examined, script: Script): boolean {
  return (
    placed !== undefined &&
    script.program?.body.some(
      (statement) =>
        statement.type === "ExportDefaultDeclaration" && statement.declaration === placed.node,
    ) === true
  );
}

function valueIn(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    // Uninitialised, so certainly not the function that is being looked for.
    return undefined;
  }
}

/** Property names from a value down to the function, through data properties only. */
function pathTo(fn: object, value: unknown, depth: number): string[] | undefined {
  if (value === fn) return [];
  const composite = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!composite || depth === 0) return undefined;
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (key === "prototype" || key === "constructor" || !("value" in property)) continue;
    const path = pathTo(fn, property.value as unknown, depth - 1);
    if (path) return [key, ...path];
  }
  return undefined;
}
