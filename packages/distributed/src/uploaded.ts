import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hashFiles } from "./client/uploads/hash-files.ts";
import type { Upload } from "./client/uploads/upload.ts";
import { isFileName } from "./client/uploads/upload.ts";
import { DistributedError } from "./errors.ts";
import { getClient } from "./get-client.ts";
import { taskContextHook } from "./worker/threads/task-context.ts";

const api = "uploaded";
const hook = taskContextHook();

/**
 * Where a file that was uploaded lies on the worker whose task calls this: a `file:` URL, for
 * `import` and for `node:fs`. A worker fetches a file once, when one of its tasks first asks for
 * it. Other content has another URL, so that what is imported is always what was uploaded last.
 *
 * @param name - of the file, without the folder that it was in
 * @throws DistributedError `distributed/not-uploaded`, `distributed/not-in-task`,
 *   `distributed/no-client` on the threads executor; TaskError where all workers that had it are
 *   gone
 * @example
 * ```ts
 * import { readFile, writeFile } from "node:fs/promises";
 * import { Client, LocalCluster, uploaded } from "@millrace/distributed";
 *
 * await writeFile("rates.json", '{ "EUR": 1.1 }');
 * await using cluster = await LocalCluster.start({ workers: 1 });
 * await using client = await Client.connect(cluster);
 * await client.upload("rates.json"); // => ["rates.json"]
 * const rate = client.submit(
 *   async () => JSON.parse(await readFile(await uploaded("rates.json"), "utf8")).EUR as number,
 *   [],
 * );
 * await rate.result(); // => 1.1
 * ```
 */
export async function uploaded(name: string): Promise<URL> {
  const { uploads } = (await getClient()).parts;
  const upload = await uploads.find(api, name);
  const { directory } = hook;
  if (directory === undefined || !/^[0-9a-f]{64}$/.test(upload.hash)) throw damaged(name);
  const folder = join(directory, "uploads", upload.hash);
  try {
    if (!(await isThere(folder))) await land(folder, upload);
  } finally {
    if ("release" in upload.files) upload.files.release();
  }
  return pathToFileURL(join(folder, name));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

/** Writes files elsewhere, and gives them their place when all are whole. */
async function land(folder: string, { hash, isModule, files }: Upload): Promise<void> {
  const all = "result" in files ? await files.result() : files;
  const foul = all.find((file) => !isFileName(file.name));
  if (foul !== undefined || hashFiles(all, isModule) !== hash) throw damaged(foul?.name ?? hash);
  const unfinished = `${folder}.${randomUUID()}`;
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  try {
    for (const { name, bytes } of all) {
      await writeFile(join(unfinished, name), bytes, { flag: "wx", mode: 0o600 });
    }
    const isNamed = all.some(({ name }) => name === "package.json");
    if (isModule && !isNamed) await writeFile(join(unfinished, "package.json"), moduleManifest);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another thread was quicker: what it has written is the same.
    if (!(await isThere(folder))) throw error;
  }
}

const moduleManifest = '{ "type": "module" }\n';

function damaged(got: string): Error {
  return new DistributedError(
    "distributed/not-uploaded",
    `${api}: what was uploaded is damaged, got ${got}, wanted the files that were sent. Upload them ` +
      "again.",
  );
}
