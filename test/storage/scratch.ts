import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Write files, and the folders they are in. */
export function plant(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** How many files below a folder this process holds open. */
export function openFilesIn(folder: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      // The one that listed them is closed by now.
      return false;
    }
  }).length;
}

/** The code and the message of what a call throws, the folder taken out. */
export async function failure(folder: string, call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const plain = folder === "" ? message : message.replaceAll(folder, "/folder");
    return `${code} | ${plain}`;
  }
  return "no error";
}

/** All chunks of a stream as text. */
export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}
