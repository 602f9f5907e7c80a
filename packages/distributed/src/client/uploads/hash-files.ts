import { createHash } from "node:crypto";
import type { UploadedFile } from "./upload.ts";

/** The hash of names and contents, which nothing else has. */
export function hashFiles(files: readonly UploadedFile[], isModule: boolean): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([isModule, files.map(({ name, bytes }) => [name, bytes.byteLength])]));
  for (const { bytes } of files) hash.update(bytes);
  return hash.digest("hex");
}
