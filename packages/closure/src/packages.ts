import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { PackageWire, WireNode } from "./nodes.ts";

/** A package on this machine; `directory` is its real path. */
export type Package = {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
};

const manifests = new Map<string, Package | undefined>();

/** The package that a file belongs to: the nearest manifest above it that has a name. */
export function packageOf(file: string): Package | undefined {
  for (let at = dirname(file); ; at = dirname(at)) {
    const found = readManifest(at);
    if (found?.name) return found;
    if (dirname(at) === at) return undefined;
  }
}

/** The package that a bare import from `directory` would find. */
export function findPackage(name: string, directory: string): Package | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const found = readManifest(join(at, "node_modules", name));
    if (found !== undefined) return { ...found, name };
    // A package may import itself by its own name.
    const own = readManifest(at);
    if (own?.name === name) return own;
    if (dirname(at) === at) return undefined;
  }
}

/** The package name in a bare specifier, or undefined for paths, URLs, `#` names and aliases. */
export function packageName(specifier: string): string | undefined {
  return /^(@[a-z0-9~-][\w.~-]*\/[a-z0-9~-][\w.~-]*|[a-z0-9~-][\w.~-]*)(?=\/|$)/i.exec(
    specifier,
  )?.[1];
}

/**
 * Whether a package travels by reference: it is installed under node_modules, or linked from one,
 * and it is not the program itself (the package of the main script or of the working directory).
 */
export function isInstalled(found: Package, file: string): boolean {
  // A linked package may be source that only this process can load; built files load everywhere.
  if (!/\.[cm]?js$/.test(file)) return false;
  if (found.directory.includes(`${sep}node_modules${sep}`)) return true;
  if (found.name.startsWith("@millrace/") || found.name === "millrace") return isLinked(found);
  return !programDirectories().includes(found.directory) && isLinked(found);
}

/** The path of a file inside its package, with forward slashes. */
export function pathInPackage(found: Package, file: string): string {
  return relative(found.directory, realFile(file)).split(sep).join("/");
}

/** A file's real path, or the path itself where there is no such file. */
export function realFile(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function isLinked({ name, directory }: Package): boolean {
  for (let at = directory; ; at = dirname(at)) {
    const link = readManifest(join(at, "node_modules", name));
    if (link?.directory === directory) return true;
    if (dirname(at) === at) break;
  }
  return findPackage(name, process.cwd())?.directory === directory;
}

function programDirectories(): (string | undefined)[] {
  const main = process.argv[1];
  const own = packageOf(join(process.cwd(), "package.json"))?.directory;
  return [own, main === undefined ? undefined : packageOf(resolve(main))?.directory];
}

function readManifest(directory: string): Package | undefined {
  if (manifests.has(directory)) return manifests.get(directory);
  const file = join(directory, "package.json");
  let found: Package | undefined;
  if (existsSync(file)) {
    const parsed = JSON.parse(readFileSync(file, "utf8")) as { name?: unknown; version?: unknown };
    found = {
      name: typeof parsed.name === "string" ? parsed.name : "",
      version: typeof parsed.version === "string" ? parsed.version : "",
      directory: realpathSync(directory),
    };
  }
  manifests.set(directory, found);
  return found;
}

/** A reference, and the folder from which its package was found. */
export type Reference = { readonly node: WireNode; readonly from: string | undefined };

/** The reference for what the file of a package exports. */
export function fileReference(
  owner: Package,
  file: string,
  via: PackageWire["via"],
  path: readonly string[],
  from: string,
): Reference {
  const { name, version } = owner;
  return {
    node: { kind: "package", name, version, file: pathInPackage(owner, file), via, path },
    from,
  };
}
