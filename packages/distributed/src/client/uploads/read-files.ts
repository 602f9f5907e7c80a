import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { quoteValue } from "@millrace/graph";
import { DistributedError, invalidArgument } from "../../errors.ts";
import type { UploadedFile } from "./upload.ts";
import { isFileName } from "./upload.ts";

/** Files that are uploaded together, and their bytes: they are in memory here and there. */
const filesMax = 1_000;
const bytesMax = 2 ** 30;

const api = "Client.upload";

/**
 * The files at some paths, read; all of them are looked at before one is.
 *
 * @throws DistributedError `distributed/invalid-argument`, `distributed/value-too-large`; what the
 *   file system says
 */
export async function readFiles(
  given: readonly unknown[],
): Promise<{ readonly files: readonly UploadedFile[]; readonly isModule: boolean }> {
  if (given.length > filesMax) throw tooLarge(`${given.length} files`, `${filesMax}`);
  const paths = given.map(pathOf);
  const names = paths.map((path) => basename(path));
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice !== undefined) {
    throw refusal("two files have one name", twice, "names that differ", "Rename one of them.");
  }
  const sizes = await Promise.all(paths.map(sizeOf));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > bytesMax) throw tooLarge(`${bytes} bytes`, `${bytesMax} bytes`);
  const files = await Promise.all(
    paths.map(async (path, n) => ({ name: names[n] as string, bytes: await contentOf(path) })),
  );
  const isModule = await Promise.all(paths.map(isModuleByPackage));
  return { files, isModule: isModule.includes(true) };
}

function pathOf(given: unknown): string {
  const isUrl = given instanceof URL && given.protocol === "file:";
  const path = isUrl ? fileURLToPath(given) : given;
  if (typeof path === "string" && isFileName(basename(path))) return resolve(path);
  throw refusal("this is no path", given, "the path or file: URL of a file", "Name a file.");
}

async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(
    whereMissing(() => {
      throw refusal("there is no such file", path, "one that is there", "Look at the path.");
    }),
  );
  if (facts.isFile()) return facts.size;
  throw refusal("this is no file", path, "a file", "Upload the files of a folder as a list.");
}

function whereMissing<T>(instead: () => T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return instead();
    throw error;
  };
}

async function contentOf(path: string): Promise<Uint8Array> {
  // The memory of a Buffer may hold more than its bytes.
  return new Uint8Array(await readFile(path));
}

/** Whether Node takes a file for a module because of the package that it stands in. */
async function isModuleByPackage(path: string): Promise<boolean> {
  if (extname(path) !== ".js") return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    // Most folders have none; one that cannot be read is none for Node either.
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { type?: unknown }).type === "module";
    if (folder === dirname(folder)) return false;
  }
}

function refusal(what: string, got: unknown, wanted: string, remedy: string): Error {
  return invalidArgument(api, what, quoteValue(got), wanted, remedy);
}

function tooLarge(got: string, most: string): Error {
  return new DistributedError(
    "distributed/value-too-large",
    `${api}: that is too much at once, got ${got}, wanted up to ${most}. Put data where workers can ` +
      "read it, such as a store of objects.",
  );
}
