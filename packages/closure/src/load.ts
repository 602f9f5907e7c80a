import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CaptureError, quote } from "./errors.ts";
import { importCodec } from "./import-codec.ts";
import { importFrom } from "./import-from.ts";
import { followPath } from "./intrinsics.ts";
import { recall } from "./live.ts";
import { exportOf, importModule } from "./module-function.ts";
import type { Hint, PackageWire, WireNode } from "./nodes.ts";
import { findPackage, type Package } from "./packages.ts";

/**
 * Import everything that the nodes refer to; the only step of a revival that waits.
 * Returns the values by node id.
 */
export async function loadReferences(
  nodes: readonly WireNode[],
  hints: ReadonlyMap<number, Hint>,
): Promise<Map<number, unknown>> {
  const values = new Map<number, unknown>();
  for (const [id, node] of nodes.entries()) {
    const known = recall(node);
    if (known !== undefined) values.set(id, known);
    else if (node.kind === "package") values.set(id, await loadPackage(node, hints.get(id)?.from));
    else if (node.kind === "module") values.set(id, await loadModule(node));
    else if (node.kind === "builtin") {
      const name = `node:${node.module}`;
      if (!isBuiltin(name)) throw missingBuiltin(name);
      const root: unknown = node.namespace ? await import(name) : process.getBuiltinModule(name);
      values.set(id, follow(root, node.path, name));
    } else if (node.kind === "codec") await loadCodec(node);
  }
  return values;
}

function missingBuiltin(name: string): CaptureError {
  return new CaptureError(
    "closure/missing-export",
    `revive: this process has no such built-in module, got ${quote(name)}, ` +
      `wanted one of Node ${process.versions.node}. Use the same versions on both sides.`,
  );
}

async function loadModule(node: { url: string; name: string }): Promise<unknown> {
  return exportOf("revive", await importModule(node.url), node.url, node.name);
}

async function loadCodec(node: { name: string; module: string | undefined }): Promise<void> {
  if ((await importCodec(node.name, node.module)) !== undefined) return;
  throw new CaptureError(
    "closure/unknown-codec",
    `revive: no codec is registered here under this name, got ${quote(node.name)}. ` +
      "Import the module that calls registerCodec before reviving, or name it in the codec's module option.",
  );
}

async function loadPackage(node: PackageWire, from: string | undefined): Promise<unknown> {
  const { found, base } = locate(node, from);
  const root = await rootOf(node, found, base);
  const label = `${node.name}@${node.version}/${node.specifier ?? node.file}`;
  return follow(root, node.path, label);
}

/** The installed package: as the capturing file would find it, else as this program does. */
function locate(node: PackageWire, from: string | undefined): { found: Package; base: string } {
  const bases = [from, process.cwd(), process.argv[1], import.meta.dirname];
  let other: Package | undefined;
  for (const base of bases) {
    const found = base === undefined ? undefined : findPackage(node.name, base);
    if (found === undefined || base === undefined) continue;
    if (found.version === node.version || node.version === "") return { found, base };
    other ??= found;
  }
  if (other === undefined) {
    throw new CaptureError(
      "closure/missing-package",
      `revive: the function needs a package that is not installed here, got ${quote(node.name)}, ` +
        `wanted version ${node.version}. Install it where this process runs.`,
    );
  }
  throw new CaptureError(
    "closure/version-mismatch",
    `revive: the function was captured with another version of ${node.name}, got ${other.version} here, ` +
      `wanted ${node.version}. Install the same version on both sides.`,
  );
}

async function rootOf(node: PackageWire, found: Package, base: string): Promise<unknown> {
  const file = node.file === undefined ? undefined : join(found.directory, node.file);
  const specifier = file ?? node.specifier ?? node.name;
  if (node.via === "require" || node.via === "interop") {
    const required = createRequire(join(base, "import.cjs"))(specifier) as unknown;
    return node.via === "require" ? required : interop(required);
  }
  const parent = join(base, "import.mjs");
  const namespace =
    file === undefined
      ? await importFrom(parent, specifier)
      : ((await import(pathToFileURL(file).href)) as object);
  return node.via === "vite" ? viteInterop(namespace) : namespace;
}

/** What esbuild's `__toESM` and Babel's helpers make of a CommonJS module. */
function interop(required: unknown): unknown {
  const holder = required as { __esModule?: unknown } | null | undefined;
  if (holder?.__esModule) return required;
  const names = typeof required === "object" ? required : {};
  return { ...names, default: required };
}

/** What Vite's module runner makes of an external module: CommonJS exports are names as well. */
function viteInterop(namespace: object): object {
  if (!("default" in namespace)) return namespace;
  let module = namespace as Record<string | symbol, unknown>;
  let fallback: unknown = module["default"];
  if (isObject(fallback) && "__esModule" in fallback) {
    module = fallback;
    if ("default" in fallback) fallback = fallback["default"];
  }
  return new Proxy(module, {
    get: (target, key) => {
      if (key === "default") return fallback;
      return target[key] ?? (isObject(fallback) ? (fallback as never)[key] : undefined);
    },
    has: (target, key) =>
      key === "default" || key in target || (isObject(fallback) && key in fallback),
  });
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** A standard global's value; throws when this version of Node does not have it. */
export function follow(root: unknown, path: readonly string[], label: string): unknown {
  let value: unknown;
  try {
    value = followPath(root, path);
  } catch {
    value = undefined;
  }
  if (value !== undefined || path.length === 0 || (path.length === 1 && path[0] === "undefined")) {
    return value;
  }
  // An export may hold undefined, but then it has a name.
  if (path.length === 1 && isObject(root) && path[0]! in root) return value;
  throw new CaptureError(
    "closure/missing-export",
    `revive: there is no ${path.join(".")} in ${label} here (Node ${process.versions.node}). ` +
      "Use the same versions on both sides.",
  );
}
