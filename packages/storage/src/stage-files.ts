import { checkOptions } from "./check-options.ts";
import type { SignalOption, StorageStage } from "./driver.ts";
import { locate } from "./location.ts";
import { driverOf } from "./register-driver.ts";
import { shown, StorageError } from "./storage-error.ts";

/**
 * Options of `stageFiles`.
 *
 * @example
 * ```ts
 * import type { StageOptions } from "@millrace/storage";
 * const options: StageOptions = { overwrite: false };
 * options.overwrite; // => false
 * ```
 */
export interface StageOptions extends SignalOption {
  /** Replace files that are there; default true. `false` makes one of them `storage/exists`. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Begins several files that are to appear together: write each to its URL of the stage, which
 * any thread may do, then `commit`; or `discard`, and nothing has happened.
 *
 * Missing folders are made. Local files go into a hidden folder beside their places and are renamed
 * on commit; where one of them cannot be, those before it are taken back, so that a mix of old and
 * new files is seen only while they are renamed, or after a crash just then. A driver that cannot
 * stage gives the URLs themselves: each file appears when it is written, and stays after a failure.
 *
 * @param urls - places of one scheme
 * @throws StorageError `storage/exists`, `storage/denied`, `storage/not-a-file`, `storage/io`,
 *   `storage/aborted`, `storage/bad-option`
 * @example
 * ```ts
 * import { glob, stageFiles, writeAll } from "@millrace/storage";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * const folder = await mkdtemp(`${tmpdir()}/stage-`);
 * const stage = await stageFiles([`${folder}/a.txt`, `${folder}/b.txt`]);
 * for (const url of stage.urls) await writeAll(url, ["text"]);
 * (await glob(`${folder}/*`, { allowEmpty: true })).length; // => 0
 * await stage.commit();
 * (await glob(`${folder}/*`)).length; // => 2
 * ```
 */
export async function stageFiles(
  urls: readonly (string | URL)[],
  options: StageOptions = {},
): Promise<StorageStage> {
  checkOptions("stageFiles", options, ["overwrite", "signal"]);
  const locations = urls.map((url) => locate("stageFiles", url));
  const names = locations.map(({ url }) => url);
  const [first] = locations;
  if (first === undefined) return inPlace(names);
  const other = locations.find(({ scheme }) => scheme !== first.scheme);
  if (other !== undefined) {
    const got = shown(other.url);
    const message = `stageFiles: places of two schemes, got ${got}, wanted one scheme. Stage each.`;
    throw new StorageError("storage/bad-option", message, other.url);
  }
  const { overwrite = true, signal } = options;
  return (
    (await driverOf("stageFiles", first).stage?.(names, { overwrite, signal })) ?? inPlace(names)
  );
}

function inPlace(urls: readonly string[]): StorageStage {
  const nothing = async (): Promise<void> => undefined;
  return { urls, commit: nothing, discard: nothing };
}
